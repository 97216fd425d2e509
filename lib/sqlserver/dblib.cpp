#include "sqlserver/dblib.hpp"

#include <sybfront.h>

#include <sybdb.h>

#include <algorithm>
#include <cstdlib>
#ifdef _WIN32
#include <windows.h>
#endif

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

// On Windows the library is loaded when it is first called, and there is nobody to tell when it is missing then.
bool can_be_loaded() {
#ifdef _WIN32
    return ::LoadLibraryW(L"sybdb.dll") != nullptr;
#else
    return true;
#endif
}

bool initialise() {
    if (!can_be_loaded()) {
        return false;
    }
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
