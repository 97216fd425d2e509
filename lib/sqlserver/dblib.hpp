// The process-wide side of db-lib: initialisation and what its two handlers were told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace revsync::sqlserver {

// An error the server reported (severity above 10). `text` may hold values of a row: only explain() may look
// at it, and quotes it for the numbers whose text cannot.
struct ServerMessage {
    int number = 0;
    int severity = 0;
    std::string text;
};

// An error of db-lib itself, with the errno behind it (0 when there is none).
struct LibraryError {
    int number = 0;
    int os_error = 0;
};

// What was reported during one call, in order; at most `limit` of each kind, the first ones.
struct Transcript {
    static constexpr std::size_t limit = 16;

    std::vector<ServerMessage> messages;
    std::vector<LibraryError> errors;

    bool silent() const { return messages.empty() && errors.empty(); }
    bool has_error(int number) const;
};

// While it lives, what db-lib reports on this thread goes to `transcript`. One per thread at a time; without one
// reports are dropped.
class Capture {
public:
    explicit Capture(Transcript& transcript);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
};

// Initialises db-lib once for the process; later calls only answer. Must first be called before other threads
// start, because it also removes FreeTDS's environment variables (TDSVER, TDSPORT, TDSHOST, TDSDUMP, …): they would
// override the settings of a connection or write its data to a file. False: db-lib cannot be used.
bool initialise_dblib();

}  // namespace revsync::sqlserver
