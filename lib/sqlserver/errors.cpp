#include "sqlserver/errors.hpp"

#include <fmt/format.h>
#include <sybfront.h>

#include <sybdb.h>

#include <cerrno>
#include <system_error>

#include "sqlserver/message_table.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::size_t quote_limit_characters = 300;
constexpr int resource_severity = 17;
constexpr int fatal_severity = 20;

bool closes_connection(const ServerMessage& message) {
    switch (message.number) {
        case 233:
        case 596:
        case 6002:
        case 6005:
        case 10053:
        case 10054:
        case 10060:
            return true;
        default:
            return message.severity >= fatal_severity;
    }
}

// A commit may have been on its way when the connection went.
Disposition when_lost(Disposition disposition, const Situation& situation, bool lost) {
    const bool doubtful = lost && situation.activity == Activity::writing && disposition == Disposition::retry;
    return doubtful ? Disposition::in_doubt : disposition;
}

Error from_message(const ServerMessage& message, const Situation& situation) {
    const bool lost =
        situation.connection_dead || situation.activity == Activity::connecting || closes_connection(message);
    const std::string code = fmt::format("sqlserver {}", message.number);
    if (const auto* meaning = find_meaning(message.number)) {
        std::string text{meaning->text};
        if (meaning->names_only && !message.text.empty()) {
            text += ": " + quotable(message.text);
        }
        return {when_lost(meaning->disposition, situation, lost), code, std::move(text), lost};
    }
    if (message.severity >= resource_severity || situation.activity == Activity::connecting) {
        return {when_lost(Disposition::retry, situation, lost), code,
                fmt::format("SQL Server at {} reports a failure; see its error log", situation.server), lost};
    }
    return {Disposition::row, code, "SQL Server refuses the row; look the number up in its documentation", lost};
}

// "connection refused", from the errno that db-lib saw.
std::string because_of(const Transcript& transcript) {
    for (const auto& error : transcript.errors) {
        if (error.os_error > 0) {
            return ": " + quotable(std::system_category().message(error.os_error));
        }
    }
    return {};
}

Error encryption_failure(const Situation& situation) {
    if (situation.certificate_checked) {
        return {Disposition::configuration, "db-lib 20002",
                fmt::format("cannot agree on encryption with SQL Server at {}: it does not encrypt, or its certificate "
                            "is not signed by DB_CA_FILE, has expired or is not made out to that host name",
                            situation.server),
                true};
    }
    return {Disposition::configuration, "db-lib 20002",
            fmt::format("cannot agree on encryption with SQL Server at {}, which DB_ENCRYPT=require asks for; enable "
                        "encryption on the server",
                        situation.server),
            true};
}

Error connect_failure(const Transcript& transcript, const Situation& situation) {
    const auto failed = [&](int number, Disposition disposition, std::string_view format) {
        return Error{disposition, fmt::format("db-lib {}", number),
                     fmt::format(fmt::runtime(format), fmt::arg("server", situation.server),
                                 fmt::arg("because", because_of(transcript))),
                     true};
    };
    if (transcript.has_error(SYBEPWD)) {
        return failed(SYBEPWD, Disposition::configuration, "login failed; check DB_USER and DB_PASSWORD");
    }
    if (transcript.has_error(SYBEUHST) || transcript.has_error(SYBEINTF)) {
        return failed(SYBEUHST, Disposition::retry,
                      "the host name of SQL Server at {server} is not known; check DB_SERVER and the name service");
    }
    if (transcript.has_error(SYBETIME)) {
        return failed(SYBETIME, Disposition::retry,
                      "SQL Server at {server} does not answer in time; check that it runs and the network");
    }
    if (transcript.has_error(SYBECONN) || transcript.has_error(SYBESOCK)) {
        return failed(SYBECONN, Disposition::retry,
                      "cannot reach SQL Server at {server}{because}; check that it runs, its port and the firewall");
    }
    const bool closed =
        transcript.has_error(SYBESEOF) || transcript.has_error(SYBEREAD) || transcript.has_error(SYBEWRIT);
    if (!closed && (situation.encryption_required || situation.certificate_checked)) {
        return encryption_failure(situation);
    }
    return failed(SYBEFCON, Disposition::retry,
                  "SQL Server at {server} ended the login{because}; check its error log and DB_ENCRYPT");
}

Error call_failure(const Transcript& transcript, const Situation& situation) {
    if (!situation.connection_dead && transcript.has_error(SYBEICONVI)) {
        return {Disposition::row, fmt::format("db-lib {}", SYBEICONVI),
                "a text holds half of a surrogate pair, which is no character; correct it in SQL Server", false};
    }
    const Disposition lost = when_lost(Disposition::retry, situation, true);
    if (transcript.has_error(SYBETIME)) {
        return {lost, fmt::format("db-lib {}", SYBETIME),
                fmt::format("SQL Server at {} did not answer in time", situation.server), true};
    }
    const int number = transcript.errors.empty() ? SYBEDDNE : transcript.errors.front().number;
    return {lost, fmt::format("db-lib {}", number),
            fmt::format("the connection to SQL Server at {} was lost{}", situation.server, because_of(transcript)),
            true};
}

}  // namespace

Error explain(const Transcript& transcript, const Situation& situation) {
    if (!transcript.messages.empty()) {
        return from_message(transcript.messages.front(), situation);
    }
    return situation.activity == Activity::connecting ? connect_failure(transcript, situation)
                                                      : call_failure(transcript, situation);
}

std::string quotable(std::string_view text) {
    std::string line;
    std::size_t characters = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool continues = (byte & 0xC0U) == 0x80U;
        if (!continues && ++characters > quote_limit_characters) {
            break;
        }
        line += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    return line;
}

}  // namespace revsync::sqlserver
