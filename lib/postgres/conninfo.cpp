#include "postgres/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <map>
#include <memory>
#include <optional>

namespace revsync::postgres {
namespace {

using Options = std::map<std::string, std::string>;

constexpr std::string_view percent_encode =
    "percent-encode special characters in the password (@ is %40, / is %2F, : is %3A, % is %25)";

constexpr std::string_view write_it_so = "set it to postgresql://user:password@host:5432/database";

// Only what the text does not say itself.
constexpr std::pair<const char*, const char*> defaults[] = {
    {"client_encoding", "UTF8"},   {"application_name", "reverse-sync"},
    {"gssencmode", "disable"},  // its credential look-up blocks
    {"keepalives", "1"},           {"keepalives_idle", "30"},
    {"keepalives_interval", "10"}, {"keepalives_count", "3"},
};

// Told from what libpq itself says, which may quote a piece of the password.
std::optional<Options> options_of(const std::string& text) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{PQconninfoParse(text.c_str(), &message),
                                                                              PQconninfoFree};
    PQfreemem(message);
    if (!parsed) {
        return std::nullopt;
    }
    Options options;
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') {
            options.emplace(option->keyword, option->val);
        }
    }
    return options;
}

std::vector<std::string> split_list(const std::string& list) {
    std::vector<std::string> items{""};
    for (const char c : list) {
        if (c == ',') {
            items.emplace_back();
        } else {
            items.back() += c;
        }
    }
    return items;
}

std::string take(Options& options, const std::string& keyword) {
    auto node = options.extract(keyword);
    return node ? std::move(node.mapped()) : std::string{};
}

// Element `i` of a list that may be given once for all endpoints.
const std::string& at_or_only(const std::vector<std::string>& list, std::size_t i) {
    return list.size() == 1 ? list.front() : list[i];
}

bool is_whole_number(std::string_view text, int lowest, int highest) {
    int value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() && value >= lowest && value <= highest;
}

// A special character that was not encoded cuts a URI in the wrong place: the rest of the password, with the
// real '@', then sits in the host or the database.
bool is_plausible_host(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
        return c > ' ' && c != '@' && c != '?' && c != '#' && c != '\\' && c != '[' && c != ']';
    });
}

std::optional<std::vector<Endpoint>> take_endpoints(Options& options) {
    const std::vector<std::string> hosts = split_list(take(options, "host"));
    const std::vector<std::string> addresses = split_list(take(options, "hostaddr"));
    const std::vector<std::string> ports = split_list(take(options, "port"));
    const std::size_t count = std::max(hosts.size(), addresses.size());
    const auto fits = [&](const std::vector<std::string>& list) { return list.size() == 1 || list.size() == count; };
    if (!fits(hosts) || !fits(addresses) || !fits(ports)) {
        return std::nullopt;
    }
    std::vector<Endpoint> endpoints;
    for (std::size_t i = 0; i < count; ++i) {
        Endpoint endpoint{at_or_only(hosts, i), at_or_only(addresses, i), at_or_only(ports, i)};
        if (endpoint.host.empty()) {
            endpoint.host = endpoint.address;
        }
        if (endpoint.port.empty()) {
            endpoint.port = "5432";
        }
        if (!is_plausible_host(endpoint.host) || !is_whole_number(endpoint.port, 1, 65535)) {
            return std::nullopt;
        }
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

Error refusal(std::string_view variable, std::string_view what) {
    return {Disposition::configuration, "", fmt::format("{} {}", variable, what)};
}

// The steps of reading: each says what is wrong, or nothing.

std::string take_server(Options& options, Conninfo& conninfo) {
    if (!options.contains("host") && !options.contains("hostaddr")) {
        return fmt::format("names no host; {}", write_it_so);
    }
    std::optional<std::vector<Endpoint>> endpoints = take_endpoints(options);
    // Said before anything else: a password cut in two must not be called a missing user.
    if (!endpoints || options["dbname"].find_first_of("@/?") != std::string::npos) {
        return fmt::format("holds a host, port or database that cannot be one; {}", percent_encode);
    }
    conninfo.endpoints = std::move(*endpoints);
    return "";
}

std::string take_identity(Options& options, Conninfo& conninfo) {
    conninfo.user = options["user"];
    if (conninfo.user.empty()) {
        return fmt::format("names no user; {}", write_it_so);
    }
    std::string& database = options["dbname"];
    if (database.empty()) {
        database = conninfo.user;
    }
    conninfo.database = database;
    return "";
}

std::string take_timeout(Options& options, Conninfo& conninfo) {
    const std::string timeout = take(options, "connect_timeout");
    if (timeout.empty()) {
        return "";
    }
    if (!is_whole_number(timeout, 1, 300)) {
        return "sets connect_timeout to something other than 1 to 300 seconds";
    }
    conninfo.connect_timeout = std::chrono::seconds{std::stoi(timeout)};
    return "";
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

bool is_on_this_machine(const Endpoint& endpoint) {
    if (endpoint.is_local_socket() || (endpoint.host == "localhost" && endpoint.address.empty())) {
        return true;
    }
    boost::system::error_code not_numeric;
    const auto address =
        boost::asio::ip::make_address(endpoint.address.empty() ? endpoint.host : endpoint.address, not_numeric);
    return !not_numeric && address.is_loopback();
}

bool Conninfo::is_transaction_pooler() const {
    return std::ranges::any_of(endpoints, [](const Endpoint& endpoint) { return endpoint.port == "6543"; });
}

std::string to_string(const Endpoint& endpoint) {
    const bool numeric_v6 = endpoint.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", numeric_v6 ? "[" : "", endpoint.host, numeric_v6 ? "]" : "", endpoint.port);
}

std::string describe(const Conninfo& conninfo) {
    return fmt::format("{}@{}/{}", conninfo.user, to_string(conninfo.endpoints.front()), conninfo.database);
}

Result<Conninfo> parse_conninfo(std::string_view text, std::string_view variable) {
    const std::string cleaned{trimmed(text)};
    if (cleaned.empty()) {
        return refusal(variable, fmt::format("is empty; {}", write_it_so));
    }
    if (cleaned.find("[YOUR-PASSWORD]") != std::string::npos) {
        return refusal(variable, "still holds the placeholder [YOUR-PASSWORD]; put the database password there");
    }
    std::optional<Options> options = options_of(cleaned);
    if (!options) {
        return refusal(variable, fmt::format("is not a postgresql:// URI that libpq understands; {}, and remove "
                                             "parameters that are not libpq's own, such as pgbouncer",
                                             percent_encode));
    }
    Conninfo conninfo;
    conninfo.variable = variable;
    for (const auto step : {take_server, take_identity, take_timeout}) {
        if (const std::string problem = step(*options, conninfo); !problem.empty()) {
            return refusal(variable, problem);
        }
    }
    const bool local = std::ranges::all_of(conninfo.endpoints, is_on_this_machine);
    conninfo.sslmode = options->try_emplace("sslmode", local ? "prefer" : "require").first->second;
    for (const auto& [keyword, value] : defaults) {
        options->try_emplace(keyword, value);
    }
    conninfo.parameters.assign(options->begin(), options->end());
    return conninfo;
}

}  // namespace revsync::postgres
