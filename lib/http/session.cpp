#include "http/session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/core/demangle.hpp>
#include <typeinfo>

#include "http/http_date.hpp"
#include "http/request_check.hpp"

namespace revsync::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

namespace {

using boost::system::error_code;
using Socket = asio::ip::tcp::socket;
using TlsStream = beast::ssl_stream<Socket>;
using Field = beast_http::field;

constexpr std::string_view server_name = "reverse-syncd";
constexpr std::size_t small_read = 1024;  // most webhooks whole; 512 connections must not need much
constexpr std::size_t large_read = 8192;

void complete(Response& response, Timestamp now) {
    response.set(Field::server, server_name);
    response.set(Field::date, http_date(now));
    response.prepare_payload();
}

Response too_many_bytes() {
    return error_response(Status::service_unavailable, "too many large requests at once");
}

void count(Common& common, const Response& response) {
    ++common.counts.responses.at(response.result_int() / 100 - 1);
}

// One request while it is served, and what its response depends on.
struct Exchange {
    explicit Exchange(BodyBudget& bodies) : share{bodies} {}

    beast_http::request_parser<beast_http::string_body> parser;
    BodyBudget::Share share;
    const Route* route = nullptr;
};

// How a response is sent; of a request that could not be read, as HTTP/1.1 would have it.
struct Manner {
    unsigned version = 11;
    bool keep_alive = false;
    bool head_only = false;
};

template <class Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
public:
    Session(Stream stream, Peer peer, std::shared_ptr<Common> common)
        : common_{std::move(common)},
          stream_{std::move(stream)},
          peer_{std::move(peer)},
          deadline_{stream_.get_executor()},
          buffer_{common_->settings.header_limit + large_read},
          entry_{common_->connections, [this] { close(); }} {}

    static constexpr bool encrypted = std::is_same_v<Stream, TlsStream>;

    asio::awaitable<void> run() {
        if (const bool ready = co_await shake_hands(); !ready) {
            co_return;
        }
        bool more = true;
        bool first = true;
        while (more) {
            const bool asked = co_await await_request(first);
            if (!asked) {
                co_return;
            }
            more = co_await serve_request();
            first = false;
        }
        co_await linger();
    }

private:
    asio::awaitable<bool> shake_hands() {
        if constexpr (encrypted) {
            error_code error;
            arm(settings().handshake_timeout);
            co_await stream_.async_handshake(asio::ssl::stream_base::server, redirected(error));
            if (error) {
                ++common_->counts.failed_handshakes;
                if (ERR_GET_LIB(static_cast<unsigned long>(error.value())) == ERR_LIB_SSL &&
                    ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) {
                    co_await tell_of_https();
                }
                co_return false;
            }
        }
        co_return true;
    }

    // To a client that speaks plain HTTP to the TLS port, in its own language.
    asio::awaitable<void> tell_of_https() {
        Response response =
            error_response(Status::bad_request, "this port speaks HTTPS: begin the address with https://");
        response.keep_alive(false);
        complete(response, common_->clock.now());
        count(*common_, response);
        error_code error;
        arm(settings().write_timeout);
        co_await beast_http::async_write(socket(), response, redirected(error));
        co_await drain();
    }

    // Until the first bytes of a request are there. False: the connection has ended, was silent for too long, or is
    // to end.
    asio::awaitable<bool> await_request(bool first) {
        if (!entry_.wait()) {
            co_return false;
        }
        if (buffer_.size() > 0) {
            co_return true;
        }
        if (buffer_.capacity() > small_read) {
            buffer_.shrink_to_fit();
        }
        error_code error;
        arm(first ? settings().header_timeout : settings().idle_timeout);
        const auto space = buffer_.prepare(small_read);
        const std::size_t got = co_await stream_.async_read_some(space, redirected(error));
        buffer_.commit(got);
        co_return !error && got > 0 && entry_.wait();
    }

    // True when another request may follow.
    asio::awaitable<bool> serve_request() {
        Exchange exchange{common_->bodies};
        exchange.parser.header_limit(static_cast<std::uint32_t>(settings().header_limit));
        exchange.parser.body_limit(settings().body_limit);
        std::optional<Response> refusal = co_await read_header(exchange);
        if (!refusal && !ended_) {
            refusal = check_header(exchange);
        }
        if (!refusal && !ended_) {
            refusal = co_await read_body(exchange);
        }
        if (ended_) {
            co_return false;
        }
        disarm();
        entry_.work();
        Manner manner;
        if (exchange.parser.is_header_done()) {
            const Request& request = exchange.parser.get();
            manner.version = request.version();
            // Where a body ends that came in another coding nobody knows (RFC 9112, 6.3).
            const bool has_an_end = exchange.parser.chunked() || request.count(Field::transfer_encoding) == 0;
            manner.keep_alive = exchange.parser.is_done() && has_an_end && request.keep_alive();
            manner.head_only = request.method() == Verb::head;
        }
        if (!refusal) {
            refusal = common_->gatekeeper.refuse(exchange.route->access, exchange.parser.get(), peer_);
        }
        if (refusal) {
            co_return co_await send(std::move(*refusal), manner);
        }
        Request request = exchange.parser.release();
        Response response = co_await handle(*exchange.route, std::move(request));
        co_return co_await send(std::move(response), manner);
    }

    asio::awaitable<std::optional<Response>> read_header(Exchange& exchange) {
        arm(settings().header_timeout);
        error_code error = parse_buffered(exchange);
        if (error == beast_http::error::need_more) {
            error = co_await read_more();
        }
        if (!error && !exchange.parser.is_header_done()) {
            co_await beast_http::async_read_header(stream_, buffer_, exchange.parser, redirected(error));
        }
        co_return read_failure(error);
    }

    // What has arrived already is parsed without another turn of the loop.
    error_code parse_buffered(Exchange& exchange) {
        error_code error;
        const std::size_t used = exchange.parser.put(buffer_.data(), error);
        buffer_.consume(used);
        return error;
    }

    // The parser must not be shown the same bytes twice with nothing behind them.
    asio::awaitable<error_code> read_more() {
        error_code error;
        if (buffer_.size() > 0) {
            const auto space = buffer_.prepare(small_read);
            const std::size_t got = co_await stream_.async_read_some(space, redirected(error));
            buffer_.commit(got);
        }
        if (error == asio::error::eof) {
            error = beast_http::error::partial_message;
        }
        co_return error;
    }

    // What can be refused before a body is read is refused then.
    std::optional<Response> check_header(Exchange& exchange) {
        const Request& request = exchange.parser.get();
        if (auto refusal = refuse_header(request)) {
            return refusal;
        }
        const auto target = request.target();
        const std::string_view path = path_of({target.data(), target.size()});
        exchange.route = common_->routes.find(request.method(), path);
        if (exchange.route == nullptr) {
            return no_such_route(common_->routes, path);
        }
        if (auto refusal = common_->gatekeeper.refuse_unread(exchange.route->access, request, peer_)) {
            return refusal;
        }
        BodyLength length;
        length.chunked = exchange.parser.chunked();
        if (const auto bytes = exchange.parser.content_length()) {
            length.bytes = *bytes;
        }
        return refuse_body(*exchange.route, request, length);
    }

    asio::awaitable<std::optional<Response>> read_body(Exchange& exchange) {
        auto& parser = exchange.parser;
        if (parser.is_done()) {
            co_return std::nullopt;
        }
        // The parser makes room for all of it at once.
        if (!exchange.share.grow_to(parser.content_length().value_or(0))) {
            co_return too_many_bytes();
        }
        arm(settings().body_timeout);
        error_code error;
        if (parser.get().count(Field::expect) > 0 && parser.get().version() >= 11) {
            constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(stream_, asio::buffer(go_on), redirected(error));
            ++common_->counts.responses.at(0);
        }
        parser.eager(true);
        if (!error) {
            error = parse_buffered(exchange);
        }
        if (error == beast_http::error::need_more) {
            error = co_await read_more();
        }
        bool fits = exchange.share.grow_to(parser.get().body().size());
        while (fits && !error && !parser.is_done()) {
            buffer_.reserve(large_read);
            co_await beast_http::async_read_some(stream_, buffer_, parser, redirected(error));
            fits = exchange.share.grow_to(parser.get().body().size());
        }
        if (!fits) {
            co_return too_many_bytes();
        }
        co_return read_failure(error);
    }

    // The response to a request that could not be read whole; sets `ended_` when there is nobody to send it to.
    std::optional<Response> read_failure(error_code error) {
        if (!error) {
            return std::nullopt;
        }
        if (error == asio::error::operation_aborted && late_) {
            ++common_->counts.timed_out;
            return error_response(Status::request_timeout, "the request took too long to arrive");
        }
        const auto input = buffer_.data();
        auto refusal = refuse_unreadable(error, {static_cast<const char*>(input.data()), input.size()});
        ended_ = !refusal;
        return refusal;
    }

    asio::awaitable<Response> handle(const Route& route, Request request) {
        const std::string id{request["webhook-id"]};
        std::optional<Response> response;
        try {
            response = co_await route.handle(std::move(request));
        } catch (const std::exception& failure) {
            // Its text could quote the request.
            common_->logger.error("❌ {} {} failed inside the daemon ({}); please report this",
                                  std::string_view{to_string(route.method)}, route.path,
                                  boost::core::demangle(typeid(failure).name()));
            response =
                error_response(Status::internal_server_error, "this failed inside the daemon; its log says more");
        }
        if (route.access == Access::webhook) {
            common_->gatekeeper.answered(id, response->result());
        }
        co_return std::move(*response);
    }

    // True when the whole response went out and the connection goes on.
    asio::awaitable<bool> send(Response response, Manner manner) {
        response.version(manner.version);
        response.keep_alive(manner.keep_alive && !common_->connections.stopping());
        complete(response, common_->clock.now());
        count(*common_, response);
        const bool goes_on = response.keep_alive();
        error_code error;
        entry_.answer();
        arm(settings().write_timeout);
        if (manner.head_only) {
            beast_http::response<beast_http::empty_body> head{std::move(response.base())};
            beast_http::response_serializer<beast_http::empty_body> serializer{head};
            co_await beast_http::async_write_header(stream_, serializer, redirected(error));
        } else {
            co_await beast_http::async_write(stream_, response, redirected(error));
        }
        common_->counts.timed_out += late_ ? 1 : 0;
        ended_ = static_cast<bool>(error);
        co_return goes_on && !ended_;
    }

    // After the last response, so that the client gets to read it.
    asio::awaitable<void> linger() {
        if (ended_ || !entry_.wait()) {
            co_return;
        }
        if constexpr (encrypted) {
            error_code error;
            arm(settings().linger_timeout);
            co_await stream_.async_shutdown(redirected(error));
        }
        co_await drain();
    }

    asio::awaitable<void> drain() {
        error_code error;
        socket().shutdown(Socket::shutdown_send, error);
        arm(settings().linger_timeout);
        buffer_.clear();
        std::size_t thrown_away = 0;
        while (!error && thrown_away < settings().linger_limit) {
            const auto space = buffer_.prepare(small_read);
            thrown_away += co_await socket().async_read_some(space, redirected(error));
        }
    }

    // One total for what follows. When it has passed, what is under way fails with operation_aborted, and so does
    // whatever follows until the deadline is set anew: the expiry may fall between two operations.
    void arm(std::chrono::milliseconds limit) {
        late_ = false;
        expire_after(limit);
    }
    void disarm() {
        late_ = false;
        ++round_;
        deadline_.cancel();
    }
    void expire_after(std::chrono::milliseconds limit) {
        deadline_.expires_after(limit);
        deadline_.async_wait([weak = this->weak_from_this(), round = ++round_](error_code error) {
            const auto self = weak.lock();
            if (!error && self && self->round_ == round) {
                self->late_ = true;
                error_code ignored;
                self->socket().cancel(ignored);
                self->expire_after(std::chrono::milliseconds{50});
            }
        });
    }

    // Cancelled first: where a peer does not read, Wine leaves a send under way when its socket is closed.
    void close() {
        error_code ignored;
        socket().cancel(ignored);
        socket().close(ignored);
    }

    static auto redirected(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }
    const ListenerSettings& settings() const { return common_->settings; }
    Socket& socket() {
        if constexpr (encrypted) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }

    std::shared_ptr<Common> common_;
    Stream stream_;
    Peer peer_;
    asio::steady_timer deadline_;
    std::uint64_t round_ = 0;  // of the deadline: an expiry of an earlier one, already under way, must not count
    bool late_ = false;
    bool ended_ = false;  // nobody to answer any more
    beast::flat_buffer buffer_;
    Connections::Entry entry_;
};

template <class Stream>
asio::awaitable<void> run(std::shared_ptr<Session<Stream>> session) {
    co_await session->run();
}

template <class Stream>
void start(Stream stream, Peer peer, std::shared_ptr<Common> common) {
    const auto executor = stream.get_executor();
    const Logger& logger = common->logger;
    auto session = std::make_shared<Session<Stream>>(std::move(stream), std::move(peer), std::move(common));
    asio::co_spawn(executor, run(std::move(session)), [&logger](const std::exception_ptr& failure) {
        if (failure) {
            logger.error("❌ An HTTP connection failed inside the daemon; please report this");
        }
    });
}

// Of an IPv4 client on an IPv6 socket the IPv4 address: 127.0.0.1 is to count as loopback there too.
asio::ip::address plain_address(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address;
}

}  // namespace

void start_session(asio::ip::tcp::socket socket, std::shared_ptr<Common> common, const TlsContext& tls) {
    error_code error;
    socket.set_option(asio::ip::tcp::no_delay{true}, error);
    const auto endpoint = socket.remote_endpoint(error);
    if (error) {
        return;  // gone already
    }
    Peer peer;
    peer.address = plain_address(endpoint.address());
    peer.encrypted = tls != nullptr;
    if (tls) {
        start(TlsStream{std::move(socket), *tls}, std::move(peer), std::move(common));
    } else {
        start(std::move(socket), std::move(peer), std::move(common));
    }
}

void turn_away(asio::ip::tcp::socket socket, Common& common, bool encrypted) {
    ++common.counts.refused;
    if (encrypted) {
        return;
    }
    Response response = error_response(Status::service_unavailable, "every connection is busy");
    response.keep_alive(false);
    complete(response, common.clock.now());
    count(common, response);
    error_code error;
    socket.non_blocking(true, error);
    beast_http::write(socket, response, error);
    socket.shutdown(Socket::shutdown_send, error);
}

}  // namespace revsync::http
