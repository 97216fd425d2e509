// Reads a client's messages on a thread of its own, so that an attention or a lost connection is noticed
// while a request runs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "channel.hpp"

namespace revsync::sim::tds {

class Inbox {
public:
    // `interrupt` is called on the reading thread, and only while a request runs: at once when an attention
    // comes or the client leaves, and again every tenth of a second, lest it come before there is anything to stop.
    Inbox(Channel& channel, std::function<void()> interrupt);
    ~Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    // The next message; from here to end_request a request counts as running, unless it is an attention.
    // Throws what ended the reading: ConnectionClosed or ProtocolError.
    ClientMessage next();
    // True when an attention came for the request that has just run.
    bool end_request();
    // Set while the running request is to be given up.
    const std::atomic<bool>& cancelled() const { return cancelled_; }

private:
    void read();
    void deliver(ClientMessage message);
    void wait_for_bytes();
    bool interrupting();

    Channel& channel_;
    const std::function<void()> interrupt_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<ClientMessage> waiting_;  // guarded by mutex_, as all below
    bool running_ = false;
    bool attention_ = false;
    bool stopping_ = false;
    std::exception_ptr end_;

    std::atomic<bool> cancelled_ = false;
    std::thread thread_;  // last: it uses all the others
};

}  // namespace revsync::sim::tds
