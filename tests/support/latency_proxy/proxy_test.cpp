// The proxy between a client and a server that answers every line with a line.
#include "latency_proxy/proxy.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace revsync::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

tcp::endpoint any_port() {
    return {asio::ip::address_v4::loopback(), 0};
}

asio::awaitable<void> echo(tcp::socket socket, std::string& received) {
    std::string buffer(65536, '\0');
    while (true) {
        const auto [error, count] =
            co_await socket.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
        if (error) {
            co_return;
        }
        received.append(buffer, 0, count);
        co_await asio::async_write(socket, asio::buffer(buffer.data(), count), asio::use_awaitable);
    }
}

asio::awaitable<void> serve_echo(tcp::acceptor& acceptor, std::string& received) {
    while (true) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), echo(std::move(socket), received), asio::detached);
    }
}

// Proxy and echo server run on a thread of their own; the test is a blocking client.
struct ProxyTest : testing::Test {
    ProxyTest() {
        asio::co_spawn(context, serve_echo(echo_acceptor, received), asio::detached);
        thread = std::thread([this] { context.run(); });
    }
    ~ProxyTest() override { stop(); }

    void stop() {
        context.stop();
        if (thread.joinable()) {
            thread.join();
        }
    }

    tcp::socket connect() {
        tcp::socket socket(client_context);
        socket.connect({asio::ip::address_v4::loopback(), proxy.port()});
        return socket;
    }
    std::string control(const std::string& command) {
        tcp::socket socket(client_context);
        socket.connect({asio::ip::address_v4::loopback(), proxy.control_port()});
        asio::write(socket, asio::buffer(command + '\n'));
        std::string answer;
        asio::read_until(socket, asio::dynamic_buffer(answer), '\n');
        answer.pop_back();
        return answer;
    }
    static std::string ask(tcp::socket& socket, const std::string& text) {
        asio::write(socket, asio::buffer(text));
        std::string answer(text.size(), '\0');
        asio::read(socket, asio::buffer(answer));
        return answer;
    }
    static error_code end_of(tcp::socket& socket) {
        std::array<char, 1> byte{};
        error_code error;
        socket.read_some(asio::buffer(byte), error);
        return error;
    }

    asio::io_context client_context;
    asio::io_context context;
    std::string received;
    tcp::acceptor echo_acceptor{context, any_port()};
    Proxy proxy{context, any_port(), any_port(), echo_acceptor.local_endpoint(), milliseconds(0)};
    std::thread thread;
};

TEST_F(ProxyTest, CountsConnectionsBytesAndRoundTrips) {
    tcp::socket first = connect();
    tcp::socket second = connect();
    EXPECT_EQ(ask(first, "one"), "one");
    EXPECT_EQ(ask(first, "three"), "three");
    EXPECT_EQ(ask(second, "x"), "x");
    EXPECT_THAT(control("stats"), HasSubstr(R"({"connections":2,"open_connections":2,"client_to_server_bytes":9,)"
                                            R"("server_to_client_bytes":9,"round_trips":3,)"));
    EXPECT_EQ(control("reset"), "ok");
    EXPECT_THAT(control("stats"), HasSubstr(R"("connections":0,)"));
}

TEST_F(ProxyTest, DelaysEachDirection) {
    tcp::socket socket = connect();
    EXPECT_EQ(ask(socket, "x"), "x");
    EXPECT_EQ(control("delay 40"), "ok");
    const auto start = steady_clock::now();
    EXPECT_EQ(ask(socket, "y"), "y");
    EXPECT_GE(steady_clock::now() - start, milliseconds(80));
}

TEST_F(ProxyTest, DoesNotSlowAStreamDown) {
    control("delay 50");
    tcp::socket socket = connect();
    const std::string block(1UL << 20U, 'x');
    constexpr int blocks = 32;
    const auto start = steady_clock::now();
    std::thread writer([&] {
        for (int i = 0; i < blocks; ++i) {
            asio::write(socket, asio::buffer(block));
        }
    });
    std::string answer(block.size() * blocks, '\0');
    asio::read(socket, asio::buffer(answer));
    writer.join();
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
    EXPECT_EQ(answer, std::string(answer.size(), 'x'));
}

TEST_F(ProxyTest, CutsAllConnections) {
    tcp::socket socket = connect();
    ask(socket, "x");
    EXPECT_EQ(control("cut"), "ok");
    EXPECT_EQ(end_of(socket), asio::error::connection_reset);
}

TEST_F(ProxyTest, CutsAfterSoManyBytesHaveGoneToTheServer) {
    tcp::socket socket = connect();
    EXPECT_EQ(control("hold on"), "ok");
    EXPECT_EQ(control("cut-after-client-bytes 5"), "ok");
    asio::write(socket, asio::buffer(std::string("123")));
    asio::write(socket, asio::buffer(std::string("45678")));
    EXPECT_EQ(end_of(socket), asio::error::connection_reset);
    EXPECT_EQ(control("hold off"), "ok");
    tcp::socket next = connect();
    EXPECT_EQ(ask(next, "!"), "!");
    stop();
    EXPECT_EQ(received, "12345!");
}

TEST_F(ProxyTest, RefusesNewConnectionsAndKeepsItsPort) {
    tcp::socket open = connect();
    EXPECT_EQ(ask(open, "x"), "x");
    EXPECT_EQ(control("refuse on"), "ok");
    EXPECT_THROW(connect(), boost::system::system_error);
    EXPECT_EQ(ask(open, "y"), "y");
    EXPECT_EQ(control("refuse off"), "ok");
    tcp::socket next = connect();
    EXPECT_EQ(ask(next, "z"), "z");
}

TEST_F(ProxyTest, HoldsAnswersBack) {
    tcp::socket socket = connect();
    EXPECT_EQ(control("hold on"), "ok");
    asio::write(socket, asio::buffer(std::string("x")));
    while (control("stats").find(R"("server_to_client_bytes":1)") == std::string::npos) {
        std::this_thread::yield();
    }
    EXPECT_EQ(socket.available(), 0U);
    EXPECT_EQ(control("hold off"), "ok");
    std::array<char, 1> answer{};
    asio::read(socket, asio::buffer(answer));
    EXPECT_EQ(answer[0], 'x');
}

TEST_F(ProxyTest, HoldsRequestsBack) {
    tcp::socket socket = connect();
    EXPECT_EQ(control("hold-requests on"), "ok");
    asio::write(socket, asio::buffer(std::string("x")));
    while (control("stats").find(R"("client_to_server_bytes":1)") == std::string::npos) {
        std::this_thread::yield();
    }
    EXPECT_NE(control("stats").find(R"("server_to_client_bytes":0)"), std::string::npos);
    EXPECT_EQ(control("hold-requests off"), "ok");
    std::array<char, 1> answer{};
    asio::read(socket, asio::buffer(answer));
    EXPECT_EQ(answer[0], 'x');
}

TEST_F(ProxyTest, PassesTheEndOfAStreamOn) {
    tcp::socket socket = connect();
    ask(socket, "x");
    socket.shutdown(tcp::socket::shutdown_send);
    EXPECT_EQ(end_of(socket), asio::error::eof);
}

TEST_F(ProxyTest, RefusesCommandsThatItDoesNotKnow) {
    EXPECT_EQ(control("delay soon"), "error: unknown command");
    EXPECT_EQ(control("dance"), "error: unknown command");
}

}  // namespace
}  // namespace revsync::test
