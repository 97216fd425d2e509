// latency-proxy: a loopback TCP proxy with latency, statistics and a control port.
#include <sys/prctl.h>

#include <boost/program_options.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "latency_proxy/proxy.hpp"

namespace {

namespace asio = boost::asio;
namespace po = boost::program_options;
using tcp = asio::ip::tcp;

tcp::endpoint resolve(asio::io_context& context, const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) {
        throw std::invalid_argument("expected HOST:PORT, not '" + address + "'");
    }
    tcp::resolver resolver(context);
    return resolver.resolve(tcp::v4(), address.substr(0, colon), address.substr(colon + 1)).begin()->endpoint();
}

po::options_description description() {
    po::options_description options("usage: latency-proxy --target HOST:PORT [options]");
    auto add = options.add_options();
    add("listen", po::value<std::string>()->default_value("127.0.0.1:0"),
        "where clients connect; port 0 takes a free one");
    add("control", po::value<std::string>()->default_value("127.0.0.1:0"), "where line commands are taken (proxy.hpp)");
    add("target", po::value<std::string>(), "the server behind");
    add("one-way-ms", po::value<unsigned>()->default_value(0), "delay of each direction");
    add("die-with-parent", "end when the starting process ends");
    add("help", "show this help");
    return options;
}

void run(const po::variables_map& values) {
    if (values.contains("die-with-parent")) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    asio::io_context context(1);
    asio::signal_set stop(context, SIGINT, SIGTERM);
    stop.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
    revsync::test::Proxy proxy(context, resolve(context, values["listen"].as<std::string>()),
                               resolve(context, values["control"].as<std::string>()),
                               resolve(context, values["target"].as<std::string>()),
                               std::chrono::milliseconds(values["one-way-ms"].as<unsigned>()));
    std::printf("listening on 127.0.0.1:%u\ncontrol on 127.0.0.1:%u\n", proxy.port(), proxy.control_port());
    std::fflush(stdout);
    context.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        po::variables_map values;
        po::store(po::command_line_parser(argc, argv).options(description()).positional({}).run(), values);
        if (values.contains("help")) {
            std::cout << description();
        } else if (!values.contains("target")) {
            throw po::error("--target is needed");
        } else {
            run(values);
        }
        return 0;
    } catch (const po::error& error) {
        std::cerr << "latency-proxy: " << error.what() << '\n' << description();
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "latency-proxy: " << error.what() << '\n';
        return 1;
    }
}
