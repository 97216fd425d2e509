#include "process.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <unistd.h>
#endif
#ifdef _WIN32
#include <windows.h>

#include <shellapi.h>

#include "core/utf16.hpp"
#endif

namespace revsync {

void prepare_process() {
#ifdef _WIN32
    ::SetConsoleOutputCP(CP_UTF8);
#endif
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error value, not the end of the process
#endif
#ifdef __GLIBC__
    // One arena instead of one per thread, and large buffers straight from the system: an idle daemon stays small. What
    // is free becomes one piece with its neighbours at once, not all of it whenever a large buffer comes or goes.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
    mallopt(M_MXFAST, 0);
#endif
}

std::vector<std::string> command_line_arguments([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
    std::vector<std::string> arguments;
#ifdef _WIN32
    int count = 0;
    wchar_t** const words = ::CommandLineToArgvW(::GetCommandLineW(), &count);
    for (int i = 1; words != nullptr && i < count; ++i) {
        arguments.push_back(to_utf8(words[i]));
    }
    ::LocalFree(words);
#else
    arguments.assign(argv + 1, argv + argc);
#endif
    return arguments;
}

void give_back_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

std::optional<std::uint64_t> resident_bytes() {
#ifdef __linux__
    // proc(5), /proc/pid/statm: the second figure, in pages.
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t whole = 0;
    std::uint64_t resident = 0;
    if (statm >> whole >> resident) {
        return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
#endif
    return std::nullopt;
}

}  // namespace revsync
