#include "options.hpp"

#include <boost/program_options.hpp>
#include <charconv>
#include <cstdlib>
#include <map>
#include <sstream>

namespace revsync::sim::tds {
namespace {

namespace po = boost::program_options;

po::options_description description() {
    po::options_description options("Options");
    const char* password = std::getenv("SIM_PASSWORD");
    auto add = options.add_options();
    add("listen", po::value<std::string>()->default_value("127.0.0.1:0"), "ADDRESS:PORT; port 0 takes a free one");
    add("backend", po::value<std::string>(), "libpq conninfo of the PostgreSQL database that executes");
    add("user", po::value<std::string>()->default_value("sa"), "the login that is accepted");
    add("password", po::value<std::string>()->default_value(password != nullptr ? password : "", ""),
        "its password (or SIM_PASSWORD)");
    add("database", po::value<std::string>()->default_value("clinic"), "the database's name");
    add("tls-cert", po::value<std::string>()->default_value(""), "PEM certificate; self-signed without");
    add("tls-key", po::value<std::string>()->default_value(""), "PEM key of the certificate");
    add("encrypt", po::value<std::string>()->default_value("off"), "off, on, required or not-supported");
    add("max-tds", po::value<std::string>()->default_value("7.4"), "newest TDS version: 7.1, 7.2, 7.3 or 7.4");
    add("max-connections", po::value<std::size_t>()->default_value(100), "more are refused with error 17809");
    add("ready-fd", po::value<int>(), "descriptor to write ADDRESS:PORT to once listening");
    add("die-with-parent", "end when the starting process ends");
    add("version", "show the version");
    add("help", "show this help");
    return options;
}

template <typename Result>
Result choose(const po::variables_map& values, const std::string& option,
              const std::map<std::string, Result>& choices) {
    const auto found = choices.find(values[option].as<std::string>());
    if (found == choices.end()) {
        throw UsageError("--" + option + ": unknown value '" + values[option].as<std::string>() + "'");
    }
    return found->second;
}

void read_address(const std::string& address, ServerOptions& server) {
    const std::size_t colon = address.rfind(':');
    const char* end = address.data() + address.size();
    if (colon == std::string::npos || std::from_chars(address.data() + colon + 1, end, server.port).ptr != end ||
        colon + 1 == address.size()) {
        throw UsageError("--listen: expected ADDRESS:PORT");
    }
    server.host = address.substr(0, colon);
}

Options read(const po::variables_map& values) {
    Options options;
    options.show_help = values.contains("help");
    options.show_version = values.contains("version");
    if (options.show_help || options.show_version) {
        return options;
    }
    if (!values.contains("backend")) {
        throw UsageError("--backend is needed");
    }
    read_address(values["listen"].as<std::string>(), options.server);
    options.server.connection_limit = values["max-connections"].as<std::size_t>();
    options.server.connection.encryption = choose<Encryption>(values, "encrypt",
                                                              {{"off", Encryption::off},
                                                               {"on", Encryption::on},
                                                               {"required", Encryption::required},
                                                               {"not-supported", Encryption::not_supported}});
    options.server.connection.newest_version = choose<Version>(
        values, "max-tds",
        {{"7.1", Version::v7_1}, {"7.2", Version::v7_2}, {"7.3", Version::v7_3b}, {"7.4", Version::v7_4}});
    options.engine = {values["backend"].as<std::string>(), values["user"].as<std::string>(),
                      values["password"].as<std::string>(), values["database"].as<std::string>()};
    options.tls_certificate_file = values["tls-cert"].as<std::string>();
    options.tls_key_file = values["tls-key"].as<std::string>();
    if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
        throw UsageError("--tls-cert and --tls-key go together");
    }
    if (values.contains("ready-fd")) {
        options.ready_descriptor = values["ready-fd"].as<int>();
    }
    options.die_with_parent = values.contains("die-with-parent");
    return options;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
    try {
        po::variables_map values;
        const po::options_description known = description();
        po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), values);
        po::notify(values);
        return read(values);
    } catch (const po::error& error) {
        throw UsageError(error.what());
    }
}

std::string usage() {
    std::ostringstream text;
    text << "usage: sqlserver-sim --backend CONNINFO [options]\n\n" << description();
    return text.str();
}

}  // namespace revsync::sim::tds
