#include "sqlserver/dblib.hpp"

#include <sybfront.h>

#include <sybdb.h>

#include <algorithm>
#include <cstdlib>

namespace revsync::sqlserver {
namespace {

thread_local Transcript* current = nullptr;
thread_local bool attention_sent = false;

constexpr int information_severity = 10;

// db-lib ends the process for any answer but INT_CANCEL, save one: a time-out may be answered with INT_TIMEOUT,
// which sends an attention and waits once more. No exception may pass through either handler.
int on_library_error(DBPROCESS*, int, int number, int os_error, char*, char*) noexcept {
    if (current != nullptr && current->errors.size() < Transcript::limit) {
        try {
            current->errors.push_back({number, os_error});
        } catch (...) {
            return INT_CANCEL;
        }
    }
    if (number == SYBETIME && !attention_sent) {
        attention_sent = true;
        return INT_TIMEOUT;
    }
    return INT_CANCEL;
}

int on_server_message(DBPROCESS*, DBINT number, int, int severity, char* text, char*, char*, int) noexcept {
    if (current != nullptr && severity > information_severity && current->messages.size() < Transcript::limit) {
        try {
            current->messages.push_back({number, severity, text == nullptr ? "" : text});
        } catch (...) {
            return 0;
        }
    }
    return 0;
}

void remove_environment() {
    for (const char* name :
         {"FREETDS", "FREETDSCONF", "TDSDUMP", "TDSDUMPCONFIG", "TDSHOST", "TDSPORT", "TDSQUERY", "TDSVER"}) {
#ifdef _WIN32
        ::_putenv_s(name, "");
#else
        ::unsetenv(name);
#endif
    }
}

bool initialise() {
    remove_environment();
    if (::dbinit() != SUCCEED) {
        return false;
    }
    ::dberrhandle(on_library_error);
    ::dbmsghandle(on_server_message);
    return true;
}

}  // namespace

bool Transcript::has_error(int number) const {
    return std::ranges::find(errors, number, &LibraryError::number) != errors.end();
}

Capture::Capture(Transcript& transcript) {
    current = &transcript;
    attention_sent = false;
}

Capture::~Capture() {
    current = nullptr;
}

bool initialise_dblib() {
    static const bool initialised = initialise();
    return initialised;
}

}  // namespace revsync::sqlserver
