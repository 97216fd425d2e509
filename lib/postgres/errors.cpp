#include "postgres/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace revsync::postgres {
namespace {

struct State {
    std::string_view code;  // a SQLSTATE, or the two characters of its class; the longer match counts
    Disposition disposition;
    std::string_view what;
    std::string_view next;
    bool quotes_message = false;  // the server's message holds identifiers only
};

constexpr State states[] = {
    {"08", Disposition::retry, "the connection failed", "it is tried again"},
    {"0A000", Disposition::stream, "the server does not support the statement", "use PostgreSQL 12 or newer"},
    {"21", Disposition::row, "the database's own code found several rows for one", "look at the table's triggers"},
    {"22", Disposition::row, "a value does not fit", "correct the row or the key"},
    {"22001", Disposition::row, "a text is longer than its column", "shorten it, or widen the column"},
    {"22003", Disposition::row, "a number is out of its column's range", "correct the row"},
    {"22007", Disposition::row, "a date or time cannot be read", "correct the row"},
    {"22008", Disposition::row, "a date or time is out of range", "correct the row"},
    {"22021", Disposition::row, "a text is not valid in the database's encoding", "correct the row"},
    {"22P02", Disposition::row, "a value cannot be read as its column's type", "correct the row"},
    {"22P05", Disposition::row, "a text holds a character that the database cannot store", "correct the row"},
    {"23", Disposition::row, "a constraint refused a row", "correct the row"},
    {"23502", Disposition::row, "a column needs a value", "fill it, or give the column a default"},
    {"23503", Disposition::row, "a row refers to one that does not exist, or is still referred to",
     "it is tried again; see to the other row"},
    {"23505", Disposition::row, "another row has the same unique value", "correct one of the two"},
    {"23514", Disposition::row, "a check refused a row", "correct the row"},
    {"25", Disposition::retry, "the transaction is in the wrong state", "it is tried again"},
    {"27", Disposition::row, "a trigger changed the row that is being written", "look at the table's triggers"},
    {"28", Disposition::configuration, "the server refused the login", "check user, password and pg_hba.conf"},
    {"28P01", Disposition::configuration, "the password was refused", "correct the password"},
    {"38", Disposition::row, "a function of the database failed", "look at the table's triggers"},
    {"39", Disposition::row, "a function of the database failed", "look at the table's triggers"},
    {"3D000", Disposition::configuration, "the database does not exist", "correct the database's name"},
    {"3F000", Disposition::stream, "the schema does not exist", "create it or correct the mapping", true},
    {"40", Disposition::retry, "the transaction was rolled back by another's", "it is tried again"},
    {"42", Disposition::stream, "the statement does not fit the schema", "compare the mapping with the table", true},
    {"42501", Disposition::stream, "permission is missing, or a row level security policy would hide rows",
     "grant SELECT on the table and let the role bypass row level security", true},
    {"42601", Disposition::stream, "the statement is malformed", "compare the mapping with the table"},
    {"42703", Disposition::stream, "a column does not exist", "add it or correct the mapping", true},
    {"42883", Disposition::stream, "a column's type cannot be compared or converted",
     "compare the mapping with the table", true},
    {"42P01", Disposition::stream, "the table does not exist", "create it or correct the mapping", true},
    {"44", Disposition::row, "the view refused a row", "correct the row"},
    {"53", Disposition::retry, "the server is out of resources", "it is tried again"},
    {"53300", Disposition::retry, "the server has no connection left", "free one or raise max_connections"},
    {"54", Disposition::stream, "a limit of the server is exceeded", "map fewer columns"},
    {"54000", Disposition::row, "a value is too large for an index", "shorten it, or change the index"},
    {"55", Disposition::retry, "an object is in use", "it is tried again"},
    {"55P03", Disposition::retry, "another session has held a lock for too long",
     "it is tried again; end the transaction that was left open"},
    {"57014", Disposition::retry, "the statement was cancelled or took too long", "look for a missing index"},
    {"57P01", Disposition::retry, "the server closed the connection", "it is tried again"},
    {"57P02", Disposition::retry, "the server is recovering from a crash", "it is tried again"},
    {"57P03", Disposition::retry, "the server is starting or stopping", "it is tried again"},
    {"57P05", Disposition::retry, "the server closed the idle connection", "it is tried again"},
    {"58", Disposition::retry, "the server has trouble with its system", "look into the server's log"},
    {"P0", Disposition::row, "the database's own code refused a row", "look at the table's triggers"},
    {"XX000", Disposition::retry, "the server reports an internal error", "look into the server's log"},
};

const State* state_of(std::string_view sqlstate) noexcept {
    const State* found = nullptr;
    for (const State& state : states) {
        if (sqlstate.starts_with(state.code) && (found == nullptr || state.code.size() > found->code.size())) {
            found = &state;
        }
    }
    return found;
}

constexpr State unknown{"", Disposition::retry, "the server refused the statement", "look into the server's log"};

std::string code_of(std::string_view sqlstate) {
    return sqlstate.empty() ? std::string{} : fmt::format("sqlstate {}", sqlstate);
}

// What libpq says of a connection that broke before the server answered. Its texts are not translated unless
// the process asks for a locale, which this one does not.
struct NetworkFailure {
    std::string_view piece;
    Disposition disposition;
    std::string_view what;
    std::string_view next;
};

constexpr NetworkFailure network_failures[] = {
    {"no password supplied", Disposition::configuration, "the server asks for a password", "add one to the setting"},
    {"server does not support SSL", Disposition::configuration, "the server does not speak TLS",
     "turn TLS on there, or set sslmode=disable where the network is trusted"},
    {"root certificate file", Disposition::configuration, "the file of trusted certificates cannot be read",
     "set sslrootcert to the server's CA certificate"},
    {"certificate verify failed", Disposition::configuration, "the server's TLS certificate is not trusted",
     "set sslrootcert to the server's CA certificate"},
    {"does not match host name", Disposition::configuration, "the TLS certificate belongs to another host",
     "connect by the certificate's name"},
    {"certificate", Disposition::configuration, "the TLS certificates do not fit", "check sslrootcert and sslcert"},
    {"could not read private key", Disposition::configuration, "the TLS key cannot be read", "check sslkey"},
    {"invalid sslmode", Disposition::configuration, "sslmode has no such value",
     "use disable, prefer, require, verify-ca or verify-full"},
    {"SSL", Disposition::retry, "TLS could not be set up", "check sslmode and the server's TLS settings"},
    {"Connection refused", Disposition::retry, "nothing listens there",
     "check host and port, and that the server runs"},
    {"No such file or directory", Disposition::retry, "nothing listens there",
     "check the socket's folder and port, and that the server runs"},
    {"Network is unreachable", Disposition::retry, "the network is unreachable",
     "check the network; an IPv6-only host needs IPv6, or the session pooler's address"},
    {"No route to host", Disposition::retry, "the host is unreachable", "check the network and the firewall"},
    {"timed out", Disposition::retry, "the host does not answer", "check host, port and firewall"},
};

// libpq's PQERRORS_SQLSTATE form: "FATAL:  28P01". The last one counts: libpq may have tried twice.
std::string_view sqlstate_in(std::string_view message) {
    constexpr std::size_t length = 5;
    std::size_t colon = message.rfind(":  ");
    if (colon == std::string_view::npos || colon + 3 + length > message.size()) {
        return {};
    }
    const std::string_view code = message.substr(colon + 3, length);
    const bool is_code =
        std::ranges::all_of(code, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    const bool ends = message.find_first_not_of(" \n", colon + 3 + length) == std::string_view::npos;
    return is_code && ends ? code : std::string_view{};
}

Error connection_failure(Disposition disposition, std::string_view sqlstate, const Conninfo& conninfo,
                         const Endpoint& endpoint, std::string_view what, std::string_view next) {
    return {disposition, code_of(sqlstate),
            fmt::format("cannot connect to {} as {} for database {}: {}; {} ({})", to_string(endpoint), conninfo.user,
                        conninfo.database, what, next, conninfo.variable),
            true};
}

Error refused_login(std::string_view sqlstate, const Conninfo& conninfo, const Endpoint& endpoint) {
    // Supabase's pooler answers so to a user name without the project's reference.
    if (sqlstate == "XX000") {
        return connection_failure(Disposition::configuration, sqlstate, conninfo, endpoint,
                                  "the pooler refused the login",
                                  "check that the user is postgres.<project reference> and the host is the project's");
    }
    const State* known = state_of(sqlstate);
    const State& state = known != nullptr ? *known : unknown;
    // There is no stream yet that could be stopped alone.
    const bool transient = state.disposition == Disposition::retry;
    return connection_failure(transient ? Disposition::retry : Disposition::configuration, sqlstate, conninfo, endpoint,
                              state.what, state.next);
}

}  // namespace

Disposition disposition_of(std::string_view sqlstate) noexcept {
    const State* state = state_of(sqlstate);
    return state != nullptr ? state->disposition : unknown.disposition;
}

Error statement_error(std::string_view sqlstate, std::string_view message, std::string_view purpose,
                      std::string_view object) {
    const State* known = state_of(sqlstate);
    const State& state = known != nullptr ? *known : unknown;
    const std::string_view detail = state.quotes_message ? message : object;
    const std::string quoted = detail.empty() ? "" : fmt::format(" ({})", detail);
    return {state.disposition, code_of(sqlstate),
            fmt::format("cannot {}: {}{}; {}", purpose, state.what, quoted, state.next)};
}

Error connect_error(std::string_view message, const Conninfo& conninfo, const Endpoint& endpoint) {
    if (const std::string_view sqlstate = sqlstate_in(message); !sqlstate.empty()) {
        return refused_login(sqlstate, conninfo, endpoint);
    }
    for (const NetworkFailure& failure : network_failures) {
        if (message.find(failure.piece) != std::string_view::npos) {
            return connection_failure(failure.disposition, "", conninfo, endpoint, failure.what, failure.next);
        }
    }
    return connection_failure(Disposition::retry, "", conninfo, endpoint, "the connection broke while it was set up",
                              "check host, port and sslmode");
}

Error lookup_error(const Conninfo& conninfo, const Endpoint& endpoint) {
    return connection_failure(Disposition::retry, "", conninfo, endpoint, "the host name is not known",
                              "check the host name and this machine's name service");
}

Error connect_timeout_error(const Conninfo& conninfo, const Endpoint& endpoint) {
    return connection_failure(Disposition::retry, "", conninfo, endpoint,
                              fmt::format("no answer within {} s", conninfo.connect_timeout.count()),
                              "check host, port and firewall");
}

Error answer_timeout_error(const Conninfo& conninfo, std::string_view purpose) {
    return {Disposition::retry, "",
            fmt::format("cannot {}: {} did not answer in time; it is tried again", purpose, describe(conninfo)), true};
}

Error lost_error(std::string_view sqlstate, const Conninfo& conninfo, std::string_view purpose) {
    const State* known = state_of(sqlstate);
    const std::string_view what = known != nullptr ? known->what : "the connection was lost";
    return {Disposition::retry, code_of(sqlstate),
            fmt::format("cannot {}: {} at {}; it is tried again", purpose, what, describe(conninfo)), true};
}

}  // namespace revsync::postgres
