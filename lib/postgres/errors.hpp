#pragma once

#include <string_view>

#include "core/error.hpp"
#include "postgres/conninfo.hpp"

namespace revsync::postgres {

// What a failed statement means, decided by its SQLSTATE alone
// (https://www.postgresql.org/docs/current/errcodes-appendix.html). A code that the table does not know is
// retried.
Disposition disposition_of(std::string_view sqlstate) noexcept;

// A statement that the server refused. `purpose` completes "cannot …" ("read public.aligner_notes").
// `message` is the server's primary message; it is quoted only for codes whose message holds nothing but
// identifiers, and for the others `object`: the constraint or column that the server names apart from it, if any.
Error statement_error(std::string_view sqlstate, std::string_view message, std::string_view purpose,
                      std::string_view object = {});

// A connection that could not be made to `endpoint`: `message` is libpq's own text, of which only the SQLSTATE
// (the session asks for PQERRORS_SQLSTATE) or the kind of failure is used.
Error connect_error(std::string_view message, const Conninfo& conninfo, const Endpoint& endpoint);

// A host name that could not be looked up.
Error lookup_error(const Conninfo& conninfo, const Endpoint& endpoint);

// A wait that met its deadline: while connecting, or for an answer to `purpose`.
Error connect_timeout_error(const Conninfo& conninfo, const Endpoint& endpoint);
Error answer_timeout_error(const Conninfo& conninfo, std::string_view purpose);

// A connection that ended while it was in use. `sqlstate` is what the server said last, or empty.
Error lost_error(std::string_view sqlstate, const Conninfo& conninfo, std::string_view purpose);

}  // namespace revsync::postgres
