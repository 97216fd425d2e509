// pg-net CONNINFO: does for a plain Postgres with pg_net.sql what pg_net's background worker does on Supabase. Requests
// are taken once their transaction has committed, at most 200 at a time; these go out at the same moment, each is tried
// once, and when the last one has ended the next 200 follow (https://github.com/supabase/pg_net, src/core.c).
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Rows = std::unique_ptr<PGresult, void (*)(PGresult*)>;

struct Request {
    std::string id;
    std::string url;
    std::string headers;  // JSON
    std::string body;
    std::chrono::milliseconds timeout{0};
};

struct Answer {
    std::string id;
    std::string status;  // empty: none came
    std::string body;
    std::string error;
    bool timed_out = false;
};

class Queue {
public:
    explicit Queue(const char* conninfo) : connection_{PQconnectdb(conninfo), &PQfinish} { run("LISTEN pg_net", {}); }

    int socket() const { return PQsocket(connection_.get()); }

    // Whether anything was queued since the last call.
    bool notified() {
        if (PQconsumeInput(connection_.get()) == 0) {
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        }
        bool any = false;
        while (PGnotify* notification = PQnotifies(connection_.get())) {
            PQfreemem(notification);
            any = true;
        }
        return any;
    }

    std::vector<Request> take() {
        const Rows rows =
            run("WITH batch AS (SELECT id FROM net.http_request_queue ORDER BY id LIMIT 200) "
                "DELETE FROM net.http_request_queue q USING batch WHERE q.id = batch.id "
                "RETURNING q.id, q.url, q.headers, convert_from(q.body, 'UTF8'), q.timeout_milliseconds",
                {});
        std::vector<Request> requests;
        for (int row = 0; row < PQntuples(rows.get()); ++row) {
            const auto field = [&](int number) { return std::string{PQgetvalue(rows.get(), row, number)}; };
            requests.push_back(
                {field(0), field(1), field(2), field(3), std::chrono::milliseconds{std::stol(field(4))}});
        }
        return requests;
    }

    void record(const Answer& answer) {
        run("INSERT INTO net._http_response (id, status_code, content, timed_out, error_msg) "
            "VALUES ($1, nullif($2, '')::int, $3, $4, nullif($5, ''))",
            {answer.id, answer.status, answer.body, answer.timed_out ? "t" : "f", answer.error});
    }

private:
    Rows run(const char* sql, const std::vector<std::string>& values) {
        std::vector<const char*> texts;
        for (const std::string& value : values) {
            texts.push_back(value.c_str());
        }
        Rows rows{PQexecParams(connection_.get(), sql, static_cast<int>(texts.size()), nullptr, texts.data(), nullptr,
                               nullptr, 0),
                  &PQclear};
        if (PQresultStatus(rows.get()) != PGRES_COMMAND_OK && PQresultStatus(rows.get()) != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        }
        return rows;
    }

    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

// "http://HOST:PORT/PATH"; the tests need no other.
struct Address {
    explicit Address(const std::string& url) {
        const std::size_t colon = url.find(':', 7);
        const std::size_t slash = url.find('/', 7);
        if (!url.starts_with("http://") || colon == std::string::npos || slash < colon) {
            throw std::invalid_argument("not http://HOST:PORT/PATH");
        }
        host = url.substr(7, colon - 7);
        port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1)));
        path = url.substr(slash);
    }

    std::string host;
    std::uint16_t port = 0;
    std::string path;
};

http::request<http::string_body> message(const Request& request, const Address& address) {
    http::request<http::string_body> message{http::verb::post, address.path, 11};
    message.set(http::field::host, fmt::format("{}:{}", address.host, address.port));
    message.set(http::field::user_agent, "pg_net/0.14.0");
    message.set(http::field::accept, "*/*");
    const boost::json::value headers = boost::json::parse(request.headers);
    for (const auto& [name, value] : headers.as_object()) {
        message.set(std::string_view{name}, std::string_view{value.as_string()});
    }
    message.body() = request.body;
    message.prepare_payload();
    return message;
}

asio::awaitable<Answer> exchange(Request request) {
    Answer answer{request.id, {}, {}, {}, false};
    try {
        const Address address{request.url};
        beast::tcp_stream stream{co_await asio::this_coro::executor};
        stream.expires_after(request.timeout);
        const asio::ip::tcp::endpoint endpoint{asio::ip::make_address(address.host), address.port};
        co_await stream.async_connect(endpoint, asio::use_awaitable);
        const auto sent = message(request, address);
        co_await http::async_write(stream, sent, asio::use_awaitable);
        beast::flat_buffer buffer;
        http::response<http::string_body> response;
        co_await http::async_read(stream, buffer, response, asio::use_awaitable);
        answer.status = std::to_string(response.result_int());
        answer.body = response.body();
    } catch (const boost::system::system_error& error) {
        answer.timed_out = error.code() == beast::error::timeout;
        answer.error = error.code().message();
    } catch (const std::exception& error) {
        answer.error = error.what();
    }
    co_return answer;
}

void send_all(Queue& queue, std::vector<Request> requests) {
    asio::io_context context{1};
    for (Request& request : requests) {
        asio::co_spawn(
            context, exchange(std::move(request)), [&queue](const std::exception_ptr& failure, const Answer& answer) {
                if (failure) {
                    std::rethrow_exception(failure);
                }
                queue.record(answer);
                fmt::print("request {}: {}\n", answer.id, answer.status.empty() ? answer.error : answer.status);
                std::fflush(stdout);
            });
    }
    context.run();
}

void serve(const char* conninfo) {
    Queue queue{conninfo};
    fmt::print("pg_net is ready\n");
    std::fflush(stdout);
    asio::io_context context{1};
    asio::posix::stream_descriptor socket{context, ::dup(queue.socket())};
    while (true) {
        for (auto requests = queue.take(); !requests.empty(); requests = queue.take()) {
            send_all(queue, std::move(requests));
        }
        // A notification may have been read together with the last answer: the socket would stay silent.
        while (!queue.notified()) {
            socket.wait(asio::posix::stream_descriptor::wait_read);
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        fmt::print(stderr, "usage: pg-net CONNINFO\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    try {
        serve(arguments[1]);
    } catch (const std::exception& failure) {
        fmt::print(stderr, "pg-net: {}\n", failure.what());
        return 1;
    }
}
