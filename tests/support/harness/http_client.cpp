#include "support/harness/http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <stdexcept>

namespace revsync::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::chrono::seconds patience{30};

sockaddr_in loopback(const std::string& port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    return address;
}

http::request<http::string_body> message(const std::string& port, const HttpRequest& request) {
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(request.target);
    message.set(http::field::host, "127.0.0.1:" + port);
    message.keep_alive(false);
    if (request.method != "GET" && request.method != "HEAD") {
        message.set(http::field::content_type, "application/json");
        message.body() = request.body;
        message.content_length(request.body.size());
    }
    for (const auto& [name, value] : request.headers) {
        message.set(name, value);
    }
    return message;
}

asio::awaitable<void> exchange(std::string port, const HttpRequest* request, HttpReply* reply) {
    beast::tcp_stream stream{co_await asio::this_coro::executor};
    stream.expires_after(patience);
    const asio::ip::tcp::endpoint endpoint{asio::ip::address_v4::loopback(),
                                           static_cast<std::uint16_t>(std::stoi(port))};
    co_await stream.async_connect(endpoint, asio::use_awaitable);
    const auto sent = message(port, *request);
    // A server may answer before it has read everything, and close: what it said counts.
    boost::system::error_code unsent;
    co_await http::async_write(stream, sent, asio::redirect_error(asio::use_awaitable, unsent));
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, asio::use_awaitable);
    reply->status = static_cast<int>(response.result_int());
    for (const auto& field : response) {
        std::string name{field.name_string()};
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        reply->headers[name] = std::string{field.value()};
    }
    reply->body = response.body();
}

std::string encoded(const unsigned char* bytes, std::size_t size) {
    std::string text(4 * ((size + 2) / 3) + 1, '\0');
    text.resize(static_cast<std::size_t>(
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size))));
    return text;
}

std::string decoded(const std::string& text) {
    std::string bytes(3 * text.size() / 4 + 1, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) {
        throw std::invalid_argument("not base64");
    }
    bytes.resize(static_cast<std::size_t>(size) - static_cast<std::size_t>(std::count(text.begin(), text.end(), '=')));
    return bytes;
}

}  // namespace

HttpReply send(const std::string& port, const HttpRequest& request) {
    return send_all(port, {request}).front();
}

std::vector<HttpReply> send_all(const std::string& port, const std::vector<HttpRequest>& requests) {
    asio::io_context context{1};
    std::vector<HttpReply> replies(requests.size());
    for (std::size_t index = 0; index < requests.size(); ++index) {
        asio::co_spawn(context, exchange(port, &requests[index], &replies[index]),
                       [](const std::exception_ptr& failure) {
                           if (failure) {
                               std::rethrow_exception(failure);
                           }
                       });
    }
    context.run();
    return replies;
}

SlowConnections::SlowConnections(const std::string& port, int count, const std::string& beginning) {
    const sockaddr_in address = loopback(port);
    for (int number = 0; number < count; ++number) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockets_.push_back(socket);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::send(socket, beginning.data(), beginning.size(), MSG_NOSIGNAL) < 0) {
            throw std::runtime_error(fmt::format("connection {} was refused", number));
        }
    }
    thread_ = std::thread{[this] { trickle(); }};
}

void SlowConnections::trickle() {
    std::unique_lock lock{mutex_};
    while (!changed_.wait_for(lock, std::chrono::seconds{1}, [this] { return ended_; })) {
        for (const int socket : sockets_) {
            ::send(socket, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);  // whoever has been cut stays so
        }
        ++bytes_;
    }
}

SlowConnections::~SlowConnections() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    for (const int socket : sockets_) {
        ::close(socket);
    }
}

std::string free_port() {
    constexpr int first = 30'000;
    constexpr int ports = 2'700;
    static int next = ::getpid() * 7;
    for (int tries = 0; tries < ports; ++tries) {
        const std::string port = std::to_string(first + next++ % ports);
        const sockaddr_in address = loopback(port);
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int outcome = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::close(socket);
        if (outcome == 0) {
            return port;
        }
    }
    throw std::runtime_error("no free port");
}

std::map<std::string, std::string> bearer(const std::string& secret) {
    return {{"Authorization", "Bearer " + secret}};
}

std::string webhook_signature(const std::string& secret, const std::string& id, const std::string& sent_at,
                              const std::string& body) {
    const std::string content = fmt::format("{}.{}.{}", id, sent_at, body);
    const std::string key = decoded(secret.substr(std::string{"whsec_"}.size()));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(content.data()),
         content.size(), digest.data(), &size);
    return "v1," + encoded(digest.data(), size);
}

std::map<std::string, std::string> signed_headers(const std::string& secret, const std::string& id,
                                                  const std::string& body, std::chrono::seconds age) {
    const auto moment = std::chrono::system_clock::now() - age;
    const std::string sent_at = std::to_string(std::chrono::system_clock::to_time_t(moment));
    return {{"webhook-id", id},
            {"webhook-timestamp", sent_at},
            {"webhook-signature", webhook_signature(secret, id, sent_at, body)}};
}

}  // namespace revsync::test
