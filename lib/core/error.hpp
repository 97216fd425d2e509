#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace revsync {

// What a failure means for the work in hand. It is decided where the failure is made (one table per
// database) and never guessed from text downstream.
enum class Disposition {
    retry,          // transient: the same work again, after a backoff; the cursor stays
    in_doubt,       // the connection was lost after a commit may have been sent: the same work again
    row,            // one row cannot be applied as it is: isolate it, park it, let the rest through
    stream,         // one stream cannot run (table, column or permission missing): stop it, run the others
    configuration,  // a person must act (login, database, file, disk): said once per change, retried
    stopped         // the daemon is shutting down; nothing failed
};

std::string_view to_string(Disposition disposition) noexcept;

// A failure as a value.
//
// `code` is the source's own number in a fixed spelling ("sqlserver 547", "sqlstate 42703", "errno 28") and
// may be empty. `text` is lower case, says what failed, on what, and the next step; it never holds a value
// of a row nor a secret, so it may be logged, stored and shown.
struct Error {
    Disposition disposition = Disposition::retry;
    std::string code;
    std::string text;
    bool connection_lost = false;  // nothing more can be asked of this end for now
};

// "text (code)", or only the text when there is no code.
std::string describe(const Error& error);

template <class T>
using Result = boost::system::result<T, Error>;

// Called by Result::value() when there is none: a bug, since callers test first.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace revsync
