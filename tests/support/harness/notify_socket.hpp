#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace revsync::test {

// What systemd listens on: a datagram socket that takes the messages of sd_notify(3). `address` is a path, or an
// abstract name that begins with @.
class NotifySocket {
public:
    static constexpr std::chrono::seconds patience{30};

    explicit NotifySocket(std::string address);
    ~NotifySocket();
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    const std::string& address() const { return address_; }

    // The next message, after those that earlier waits passed, that contains `text`; "" when none comes in time.
    std::string wait_for(const std::string& text, std::chrono::milliseconds at_most = patience);
    // Throws away what has come and was not waited for.
    void forget();
    // Every message so far.
    const std::vector<std::string>& messages() const { return messages_; }

private:
    bool receive(std::chrono::milliseconds at_most);

    std::string address_;
    int socket_ = -1;
    std::vector<std::string> messages_;
    std::size_t passed_ = 0;
};

}  // namespace revsync::test
