#include "process.hpp"

#include <csignal>
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace revsync {

void prepare_process() {
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error value, not the end of the process
#endif
#ifdef __GLIBC__
    // One arena instead of one per thread, and large buffers straight from the system: an idle daemon stays small.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
#endif
}

}  // namespace revsync
