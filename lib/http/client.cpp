#include "http/client.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace revsync::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

namespace {

using asio::ip::tcp;
using boost::system::error_code;

auto redirected(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

std::string address_to_ask(const std::string& host) {
    if (host == "0.0.0.0") {
        return "127.0.0.1";
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string plain = bracketed ? host.substr(1, host.size() - 2) : host;
    return plain == "::" ? "::1" : plain;
}

Error unanswered(const ClientSettings& settings, const error_code& error) {
    const bool untrusted = error.category() == asio::error::get_ssl_category();
    return {untrusted ? Disposition::configuration : Disposition::retry,
            {},
            fmt::format("no answer from HOST {} PORT {}: {}; {}", settings.host, settings.port, error.message(),
                        untrusted ? "check TLS_CERT_FILE and which program has this port"
                                  : "check that the daemon runs with the same HOST and PORT")};
}

template <class Stream>
asio::awaitable<void> exchange(Stream& stream, const Request& request,
                               beast_http::response_parser<beast_http::string_body>& parser, error_code& error) {
    co_await beast_http::async_write(stream, request, redirected(error));
    if (!error) {
        beast::flat_buffer buffer;
        co_await beast_http::async_read(stream, buffer, parser, redirected(error));
    }
}

asio::awaitable<Result<Response>> ask(const ClientSettings& settings, const Request& request, asio::ssl::context* tls) {
    error_code error;
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver{executor};
    const auto endpoints = resolver.resolve(address_to_ask(settings.host), std::to_string(settings.port), error);
    if (error) {
        co_return unanswered(settings, error);
    }
    beast::tcp_stream stream{executor};
    stream.expires_after(settings.timeout);
    co_await stream.async_connect(endpoints, redirected(error));
    if (error) {
        co_return unanswered(settings, error);
    }
    beast_http::response_parser<beast_http::string_body> parser;
    parser.body_limit(settings.body_limit);
    parser.skip(request.method() == Verb::head);
    if (tls != nullptr) {
        beast::ssl_stream<beast::tcp_stream> secured{std::move(stream), *tls};
        co_await secured.async_handshake(asio::ssl::stream_base::client, redirected(error));
        if (!error) {
            co_await exchange(secured, request, parser, error);
        }
    } else {
        co_await exchange(stream, request, parser, error);
    }
    if (error) {
        co_return unanswered(settings, error);
    }
    Response response = parser.release();
    co_return response;
}

// Trusts this one certificate, even where it is not its own authority.
void trust_only(asio::ssl::context& context, const std::filesystem::path& certificate, error_code& error) {
    context.set_verify_mode(asio::ssl::verify_peer);
    context.load_verify_file(certificate.string(), error);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
}

}  // namespace

Result<Response> fetch(const ClientSettings& settings, Request request) {
    request.version(11);
    request.set(beast_http::field::host, settings.host + ":" + std::to_string(settings.port));
    request.keep_alive(false);
    request.prepare_payload();
    std::optional<asio::ssl::context> tls;
    if (settings.certificate) {
        error_code error;
        tls.emplace(asio::ssl::context::tls_client);
        trust_only(*tls, *settings.certificate, error);
        if (error) {
            return Error{Disposition::configuration,
                         {},
                         fmt::format("TLS_CERT_FILE \"{}\" cannot be read as PEM", settings.certificate->string())};
        }
    }
    asio::io_context io{1};
    std::optional<Result<Response>> outcome;
    std::exception_ptr failure;
    asio::co_spawn(io, ask(settings, request, tls ? &*tls : nullptr),
                   [&](std::exception_ptr thrown, Result<Response> answered) {
                       failure = thrown;
                       outcome.emplace(std::move(answered));
                   });
    io.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*outcome);
}

}  // namespace revsync::http
