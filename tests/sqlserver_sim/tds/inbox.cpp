#include "inbox.hpp"

#include <utility>

namespace revsync::sim::tds {
namespace {

constexpr int interrupt_interval_ms = 100;

}  // namespace

Inbox::Inbox(Channel& channel, std::function<void()> interrupt)
    : channel_(channel), interrupt_(std::move(interrupt)), thread_([this] { read(); }) {}

Inbox::~Inbox() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    channel_.socket().wake();
    thread_.join();
}

ClientMessage Inbox::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ || end_; });
    if (!waiting_) {
        std::rethrow_exception(end_);
    }
    ClientMessage message = *std::exchange(waiting_, std::nullopt);
    running_ = message.type != PacketType::attention;
    changed_.notify_all();
    return message;
}

bool Inbox::end_request() {
    const std::lock_guard lock(mutex_);
    running_ = false;
    cancelled_ = false;
    return std::exchange(attention_, false);
}

void Inbox::read() {
    try {
        MessageAssembler assembler;
        while (true) {
            wait_for_bytes();
            if (assembler.add(channel_.read_packet())) {
                deliver(assembler.take());
            }
        }
    } catch (...) {
        std::unique_lock lock(mutex_);
        end_ = std::current_exception();
        changed_.notify_all();
        while (!stopping_) {
            if (running_) {
                cancelled_ = true;
                interrupt_();
                changed_.wait_for(lock, std::chrono::milliseconds(interrupt_interval_ms));
            } else {
                changed_.wait(lock);
            }
        }
    }
}

void Inbox::wait_for_bytes() {
    while (!channel_.wait_readable(interrupting() ? interrupt_interval_ms : -1)) {
        const std::lock_guard lock(mutex_);
        if (running_ && attention_) {
            interrupt_();
        }
    }
}

bool Inbox::interrupting() {
    const std::lock_guard lock(mutex_);
    return running_ && attention_;
}

void Inbox::deliver(ClientMessage message) {
    std::unique_lock lock(mutex_);
    const bool is_attention = message.type == PacketType::attention;
    changed_.wait(lock, [&] { return !waiting_ || (is_attention && running_) || stopping_; });
    if (is_attention && running_) {
        attention_ = true;
        cancelled_ = true;
        interrupt_();
        return;
    }
    waiting_ = std::move(message);
    changed_.notify_all();
}

}  // namespace revsync::sim::tds
