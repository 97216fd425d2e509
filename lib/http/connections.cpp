#include "http/connections.hpp"

namespace revsync::http {

namespace asio = boost::asio;

bool Connections::make_room() {
    return waiting_.size() + answering_.size() + busy_.size() < limit_ || drop_longest_waiting();
}

bool Connections::drop_longest_waiting() {
    const Entries& longest = waiting_.empty() ? answering_ : waiting_;
    if (longest.empty()) {
        return false;
    }
    ++dropped_;
    longest.front()->drop();
    return true;
}

void Connections::stop() {
    stopping_ = true;
    while (!waiting_.empty()) {
        waiting_.front()->drop();
    }
}

asio::awaitable<void> Connections::all_gone() {
    while (open() > 0) {
        co_await gone_.wait();
    }
}

Connections::Entry::Entry(Connections& books, std::function<void()> drop)
    : books_{books},
      drop_{std::move(drop)},
      list_{&books.waiting_},
      place_{books.waiting_.insert(books.waiting_.end(), this)} {}

Connections::Entry::~Entry() {
    list_->erase(place_);
    if (books_.open() == 0) {
        books_.gone_.set();
    }
}

bool Connections::Entry::wait() {
    if (books_.stopping_) {
        return false;
    }
    if (list_ != &books_.leaving_) {
        move_to(books_.waiting_);
    }
    return true;
}

void Connections::Entry::work() {
    if (list_ != &books_.leaving_) {
        move_to(books_.busy_);
    }
}

void Connections::Entry::answer() {
    if (list_ != &books_.leaving_) {
        move_to(books_.answering_);
    }
}

void Connections::Entry::move_to(Entries& list) {
    list.splice(list.end(), *list_, place_);
    list_ = &list;
}

void Connections::Entry::drop() {
    move_to(books_.leaving_);
    drop_();
}

}  // namespace revsync::http
