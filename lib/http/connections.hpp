// The open connections: how many there are, and which one gives way when there would be too many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "runtime/event.hpp"

namespace revsync::http {

// Slow or silent clients must not keep others out. So a connection beyond the limit takes the place of the one whose
// client has kept us waiting longest: for a request, or else for the client to read a response. One whose request is
// being worked on never gives way. Used on one thread.
class Connections {
public:
    class Entry;

    Connections(const boost::asio::any_io_executor& executor, std::size_t limit) : gone_{executor}, limit_{limit} {}

    // Room for one more, by dropping a waiting connection if need be. False: all are busy.
    bool make_room();
    // The one that has waited longest goes; false when none waits.
    bool drop_longest_waiting();
    // Every one that waits for a request goes, and so will each that would begin to.
    void stop();
    bool stopping() const { return stopping_; }
    // Until no connection is left.
    boost::asio::awaitable<void> all_gone();

    std::size_t open() const { return waiting_.size() + answering_.size() + busy_.size() + leaving_.size(); }
    std::uint64_t dropped() const { return dropped_; }  // to make room, since the start

private:
    using Entries = std::list<Entry*>;

    Event gone_;
    std::size_t limit_;
    bool stopping_ = false;
    std::uint64_t dropped_ = 0;
    Entries waiting_;    // for a request, longest first
    Entries answering_;  // for their client to read the response, longest first
    Entries busy_;       // with a request
    Entries leaving_;    // dropped, not yet gone
};

// One connection's line in the books, from construction to destruction. It begins as waiting.
class Connections::Entry {
public:
    // `drop` makes the connection's pending reads and writes fail, at once and once.
    Entry(Connections& books, std::function<void()> drop);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // For a request, from now on. False: the connection is to end instead.
    bool wait();
    void work();
    // For its client to read the response.
    void answer();

private:
    friend Connections;
    void move_to(Entries& list);
    void drop();

    Connections& books_;
    std::function<void()> drop_;
    Entries* list_;
    Entries::iterator place_;
};

}  // namespace revsync::http
