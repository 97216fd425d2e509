// A listener on loopback and raw clients of it, all on one io_context that the test turns.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "http/listener.hpp"
#include "runtime/event.hpp"

namespace revsync::http {

namespace asio = boost::asio;
using asio::ip::tcp;

// Lets everything through, unless told otherwise, and remembers what it was asked.
class ToldGatekeeper final : public Gatekeeper {
public:
    std::optional<Response> refuse_unread(Access access, const RequestHeader&, const Peer& peer) override {
        asked.push_back(access);
        peers.push_back(peer);
        return refuse_headers ? std::optional{error_response(Status::unauthorized, "who are you?")} : std::nullopt;
    }
    std::optional<Response> refuse(Access, const Request&, const Peer&) override {
        return refuse_whole ? std::optional{error_response(Status::too_many_requests, "not so fast")} : std::nullopt;
    }
    void answered(std::string_view id, Status status) override { outcomes.emplace_back(id, status); }

    bool refuse_headers = false;
    bool refuse_whole = false;
    std::vector<Access> asked;
    std::vector<Peer> peers;
    std::vector<std::pair<std::string, Status>> outcomes;
};

// What came back on one connection, collected as it comes.
class Client {
public:
    Client(asio::io_context& io, std::uint16_t port, bool reads = true) : state_{std::make_shared<State>(io)} {
        state_->socket.connect({asio::ip::address_v4::loopback(), port});
        if (reads) {
            read(state_);
        }
    }
    ~Client() {
        boost::system::error_code ignored;
        state_->socket.close(ignored);
    }
    Client(Client&&) = default;

    // What fits into the connection without waiting is sent before it returns.
    void send(std::string_view text) {
        auto kept = std::make_shared<std::string>(text);
        asio::async_write(state_->socket, asio::buffer(*kept),
                          [kept](const boost::system::error_code&, std::size_t) {});
    }
    void start_reading() { read(state_); }
    void reset() {
        state_->socket.set_option(asio::socket_base::linger{true, 0});
        state_->socket.close();
    }

    const std::string& received() const { return state_->received; }
    bool ended() const { return state_->ended; }

    // The whole responses so far; `head`: they answer HEAD, and have no body.
    std::vector<Response> responses(bool head = false) const {
        std::vector<Response> all;
        std::string_view rest = state_->received;
        while (!rest.empty()) {
            boost::beast::http::response_parser<boost::beast::http::string_body> parser;
            parser.skip(head);
            parser.eager(true);
            parser.body_limit(boost::none);
            boost::system::error_code error;
            rest.remove_prefix(parser.put(asio::buffer(rest), error));
            if (error || !parser.is_done()) {
                break;
            }
            all.push_back(parser.release());
        }
        return all;
    }

private:
    struct State {
        explicit State(asio::io_context& io) : socket{io} {}
        tcp::socket socket;
        std::string received;
        std::array<char, 65536> part{};
        bool ended = false;
    };

    static void read(const std::shared_ptr<State>& state) {
        state->socket.async_read_some(asio::buffer(state->part),
                                      [state](const boost::system::error_code& error, std::size_t size) {
                                          state->received.append(state->part.data(), size);
                                          state->ended = static_cast<bool>(error);
                                          if (!error) {
                                              read(state);
                                          }
                                      });
    }

    std::shared_ptr<State> state_;
};

// Unless a test changes `settings` before serve(): nothing times out within a test.
class ListenerTest : public testing::Test {
protected:
    ListenerTest() {
        settings.port = 0;
        for (auto* limit : {&settings.handshake_timeout, &settings.header_timeout, &settings.body_timeout,
                            &settings.write_timeout, &settings.idle_timeout}) {
            *limit = std::chrono::minutes{10};
        }
        settings.tls_check_interval = std::chrono::milliseconds{0};
    }

    ~ListenerTest() override {
        release.set();
        if (listener) {
            listener->stop();
        }
        clients.clear();
        EXPECT_TRUE(until([this] { return served; })) << "the listener does not end";
    }

    void serve() {
        listener.emplace(io.get_executor(), settings, routes, gatekeeper, clock, logger);
        const Result<void> opened = listener->open();
        ASSERT_TRUE(opened) << describe(opened.error());
        served = false;
        asio::co_spawn(io, listener->run(), [this](const std::exception_ptr& failure) {
            served = true;
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
    }

    // Turns the io_context until then; false when that takes longer than anything in a test may.
    template <class Condition>
    bool until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                return false;
            }
            io.restart();
            io.run_one_for(std::chrono::milliseconds{20});
        }
        return true;
    }

    // What a blocking client does elsewhere, while the listener goes on here.
    template <class Work>
    auto meanwhile(Work work) {
        auto result = std::async(std::launch::async, std::move(work));
        EXPECT_TRUE(until([&] { return result.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }));
        return result.get();
    }

    Client& connect() {
        clients.emplace_back(io, listener->port());
        return clients.back();
    }
    Client& connect_without_reading() {
        clients.emplace_back(io, listener->port(), false);
        return clients.back();
    }

    // The response to one request on a connection of its own.
    Response ask(std::string_view request, bool head = false) {
        Client& client = connect();
        client.send(request);
        EXPECT_TRUE(until([&] { return client.ended() || !client.responses(head).empty(); }));
        const auto responses = client.responses(head);
        return responses.empty() ? Response{} : responses.front();
    }
    unsigned status_of(std::string_view request) { return ask(request).result_int(); }

    static asio::awaitable<Response> answer(std::string body) {
        Response response;
        response.body() = std::move(body);
        co_return response;
    }
    static asio::awaitable<Response> answer_when(ListenerTest* test) {
        ++test->handling;
        co_await test->release.wait();
        ++test->handled;
        test->release.set();  // for the next that waits
        Response response;
        response.body() = "done";
        co_return response;
    }

    asio::io_context io;
    Event release{io.get_executor()};  // lets /wait answer
    int handling = 0;                  // requests that reached /wait
    int handled = 0;                   // and left it
    ListenerSettings settings;
    RouteTable routes{{
        {Verb::get, "/hello", Access::open, [](Request) { return answer("hello"); }},
        {Verb::get, "/large", Access::control, [](Request) { return answer(std::string(32 << 20, 'x')); }},
        {Verb::get, "/wait", Access::control, [this](Request) { return answer_when(this); }},
        {Verb::post, "/hook", Access::webhook, [](Request request) { return answer(std::move(request.body())); }},
        {Verb::post, "/wait", Access::webhook, [this](Request) { return answer_when(this); }},
        {Verb::post, "/do", Access::control, [](Request) { return answer("done"); }},
        {Verb::post, "/throw", Access::webhook,
         [](Request request) -> asio::awaitable<Response> { throw std::runtime_error{request.body()}; }},
    }};
    ToldGatekeeper gatekeeper;
    SystemClock clock;
    std::vector<std::string> log;
    Logger logger{Level::info, [this](Level, std::string_view line) { log.emplace_back(line); }};
    std::optional<Listener> listener;
    std::deque<Client> clients;
    bool served = true;
};

}  // namespace revsync::http
