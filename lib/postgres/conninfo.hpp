#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace revsync::postgres {

// One server that a connection string names. `host` is a name, a numeric address or the folder of a local
// socket ("/run/postgresql"); `address`, when given, is where to connect instead of looking `host` up.
struct Endpoint {
    std::string host;
    std::string address;
    std::string port;

    bool is_local_socket() const { return address.empty() && host.starts_with('/'); }
};

// A connection string, taken apart and completed. `parameters` hold the password: they go to libpq and
// nowhere else; everything shown to a person comes from the other members.
struct Conninfo {
    std::string variable;             // the setting it came from, for error texts
    std::vector<Endpoint> endpoints;  // at least one, tried in this order
    std::string database;
    std::string user;
    std::string sslmode;
    std::chrono::seconds connect_timeout{10};                     // for each address
    std::vector<std::pair<std::string, std::string>> parameters;  // all but host, hostaddr and port

    // Supabase's transaction pooler: the server's session changes under the client between two statements.
    bool is_transaction_pooler() const;
};

// Whether what is sent there stays on this machine: a local socket, localhost, a loopback address.
bool is_on_this_machine(const Endpoint& endpoint);

// "host:port", as logs show it.
std::string to_string(const Endpoint& endpoint);

// "user@host:port/database" of the first endpoint, for logs and errors.
std::string describe(const Conninfo& conninfo);

// Reads a postgresql:// URI or a libpq keyword string. Adds what it does not say: UTF-8, keepalives, the
// application's name, no GSS, and TLS (sslmode=require) unless the server is on this machine. `variable` is
// the setting that the text came from; an error (disposition configuration) names it, and never quotes the
// text, since any piece of it may belong to the password.
Result<Conninfo> parse_conninfo(std::string_view text, std::string_view variable);

}  // namespace revsync::postgres
