#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace revsync::test {

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    std::string body;
    std::map<std::string, std::string> headers;
};

struct HttpReply {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    bool says(const std::string& text) const { return body.find(text) != std::string::npos; }
    friend void PrintTo(const HttpReply& reply, std::ostream* out) { *out << reply.status << ' ' << reply.body; }
};

// One request on a connection of its own to 127.0.0.1. Throws boost::system::system_error when no reply comes in time.
HttpReply send(const std::string& port, const HttpRequest& request);

// All at the same moment, each on a connection of its own; the replies stand in the order of the requests.
std::vector<HttpReply> send_all(const std::string& port, const std::vector<HttpRequest>& requests);

// Connections that say the beginning of a request and then one more byte each second, until they go.
class SlowConnections {
public:
    SlowConnections(const std::string& port, int count, const std::string& beginning);
    ~SlowConnections();
    SlowConnections(const SlowConnections&) = delete;
    SlowConnections& operator=(const SlowConnections&) = delete;

    // How many bytes each has sent since, if it has not been cut.
    int bytes() const { return bytes_; }

private:
    void trickle();

    std::vector<int> sockets_;
    std::atomic<int> bytes_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::thread thread_;
};

// A port of 127.0.0.1 that nobody listens on now, and that no connection of the system's own choice takes: below 32768,
// where those begin, and different from those that other test processes find.
std::string free_port();

// The Authorization header that carries a secret as it is.
std::map<std::string, std::string> bearer(const std::string& secret);

// The value of webhook-signature (https://www.standardwebhooks.com). The secret is "whsec_" and base64.
std::string webhook_signature(const std::string& secret, const std::string& id, const std::string& sent_at,
                              const std::string& body);
// The three headers of a signed webhook that was sent `age` ago.
std::map<std::string, std::string> signed_headers(const std::string& secret, const std::string& id,
                                                  const std::string& body,
                                                  std::chrono::seconds age = std::chrono::seconds{0});

}  // namespace revsync::test
