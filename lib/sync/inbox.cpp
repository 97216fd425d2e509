// Deliveries: how they come in and what they are answered. The batches are in inbox_batch.cpp.
#include "sync/inbox.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "sync/inbox_lanes.hpp"

namespace revsync {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr std::chrono::seconds summary_interval{10};
constexpr std::chrono::milliseconds longest_pause{5000};

Error stopping() {
    return {Disposition::stopped, "", "the daemon is stopping"};
}

}  // namespace

Inbox::Inbox(InboxEnds ends, Gate& gate, Clock& clock, const Logger& logger, const Mapping& mapping,
             const asio::any_io_executor& executor, InboxSettings settings, std::function<void()> catch_up_owed)
    : ends_{ends},
      gate_{gate},
      clock_{clock},
      logger_{logger},
      mapping_{mapping},
      executor_{executor},
      settings_{settings},
      catch_up_owed_{std::move(catch_up_owed)},
      deadline_{executor},
      wake_{executor},
      ahead_due_{executor},
      next_read_{executor},
      backoff_{0} {
    status_.limit = settings.limit;
}

Inbox::~Inbox() = default;

asio::awaitable<Delivery> Inbox::deliver(WebhookEvent event) {
    ++status_.received;
    status_.latest = clock_.now();
    const Result<std::vector<Hint>> hints = hints_of(mapping_, event);
    if (!hints) {
        co_return counted({Delivery::Outcome::rejected, hints.error().text, {}});
    }
    if (hints->empty()) {
        co_return counted({Delivery::Outcome::ignored, "nothing is synced from this table by such an event", {}});
    }
    const auto waiter = std::make_shared<Waiter>(executor_, hints->size());
    if (const Result<void> taken = take_in(event, *hints, waiter); !taken) {
        co_return counted({Delivery::Outcome::rejected, taken.error().text, {}});
    }
    if (waiter->open > 0) {
        wake_.set();
        if (may_read_ahead()) {
            ahead_due_.set();
        }
        deadlines_.push_back({clock_.steady_now() + settings_.wait, waiter});
        deadline_.set();
        co_await waiter->done.wait();
        forget_deadlines();
    }
    Delivery delivery = waiter->open > 0 ? answer_late(*waiter) : *waiter->worst;
    co_return counted(std::move(delivery));
}

Result<void> Inbox::take_in(const WebhookEvent& event, const std::vector<Hint>& hints,
                            const std::shared_ptr<Waiter>& waiter) {
    std::vector<std::optional<Change>> payloads(hints.size());
    for (std::size_t i = 0; !ends_.feed && i < hints.size(); ++i) {
        Result<std::optional<Change>> payload = change_of(event, hints[i]);
        if (!payload) {
            return payload.error();
        }
        payloads[i] = std::move(*payload);
    }
    for (std::size_t i = 0; i < hints.size(); ++i) {
        if (!ends_.feed && !payloads[i]) {
            waiter->settle({Delivery::Outcome::ignored, "the row is not one of the stream's", {}});
        } else {
            admit(hints[i], std::move(payloads[i]), waiter);
        }
    }
    return {};
}

void Inbox::admit(const Hint& hint, std::optional<Change> payload, const std::shared_ptr<Waiter>& waiter) {
    waiter->needs_note = waiter->needs_note || needs_note(hint.removal);
    const auto lane = waiting_.find(hint.stream);
    const bool known = lane != waiting_.end() && lane->second.keys.contains(hint.key);
    if (stopping_) {
        turn_away(hint, waiter, stopping());
        return;
    }
    if (const Error* error = down(); error && !known && !needs_note(hint.removal)) {
        turn_away(hint, waiter, *error);
        return;
    }
    if (const std::optional<Error> error = full(known, payload)) {
        turn_away(hint, waiter, *error);
        return;
    }
    status_.coalesced += known ? 1U : 0U;
    Lane& into = waiting_[hint.stream];
    if (!known) {
        into.order.push_back(hint.key);
    }
    Waiting& waiting = into.keys[hint.key];
    if (payload && (!waiting.payload || overtakes(*payload, *waiting.payload))) {
        waiting.payload = std::move(payload);
    }
    // What is noted already is one more time, since what is noted may be released by what was read before.
    waiting.owed = waiting.owed && !needs_note(hint.removal);
    waiting.removal = waiting.removal || hint.removal;
    if (trying_again_ && !ends_.feed) {
        waiter->settle(refused({Disposition::retry, "", "SQL Server could not be written to; it is tried again"}));
    } else {
        waiting.waiters.push_back(waiter);
    }
}

// What a poll would find is left to it; what it would not find is noted first.
void Inbox::turn_away(const Hint& hint, const std::shared_ptr<Waiter>& waiter, const Error& why) {
    const bool is_noted = needs_note(hint.removal) && ends_.quarantine &&
                          ends_.quarantine->owe(hint.stream->name, std::span{&hint.key, 1}, clock_.now());
    waiter->settle(hint.removal && is_noted ? noted() : refused(why));
    catch_up_owed_();
}

// The wait is over and something is still to be done.
Delivery Inbox::answer_late(const Waiter& waiter) {
    const Error late{Disposition::retry, "", "the row could not be applied in time"};
    Delivery delivery = refused(late);
    if (ends_.feed) {
        bool safe = true;
        for (Lanes* lanes : all_lanes()) {
            for (auto& [stream, lane] : *lanes) {
                safe = (!waiter.needs_note || note_owed(*stream, lane)) && safe;
            }
        }
        if (waiter.needs_note) {
            catch_up_owed_();
        }
        delivery = safe ? noted() : refused(late);
    }
    return waiter.worst && waiter.worst->outcome > delivery.outcome ? *waiter.worst : delivery;
}

Delivery Inbox::counted(Delivery delivery) {
    switch (delivery.outcome) {
        case Delivery::Outcome::ignored:
            ++status_.ignored;
            ++unsaid_.ignored;
            break;
        case Delivery::Outcome::committed:
            ++status_.committed;
            ++unsaid_.synced;
            break;
        case Delivery::Outcome::parked:
            ++status_.parked;
            break;
        case Delivery::Outcome::rejected:
            ++status_.rejected;
            break;
        case Delivery::Outcome::accepted:
            ++status_.accepted;
            ++unsaid_.left;
            break;
        case Delivery::Outcome::refused:
            ++status_.refused;
            ++unsaid_.left;
            break;
    }
    wake_.set();  // to say so
    return delivery;
}

// At most one line in ten seconds, whatever the rate.
void Inbox::say_summary() {
    const auto now = clock_.steady_now();
    const bool any = unsaid_.synced + unsaid_.ignored + unsaid_.left > 0;
    if (!any || (said_ && now - *said_ < summary_interval && !stopping_)) {
        return;
    }
    std::string rest;
    const auto add = [&](std::size_t count, std::string_view what) {
        if (count > 0) {
            rest += fmt::format("{}{} {}", rest.empty() ? "" : ", ", count, what);
        }
    };
    add(unsaid_.ignored, "ignored");
    add(unsaid_.left, ends_.feed ? "left to the catch-up" : "waiting");
    logger_.info("📨 {} webhook change(s) synced{}", unsaid_.synced, rest.empty() ? "" : " (" + rest + ")");
    unsaid_ = {};
    said_ = now;
}

// Not asked without a Supabase database: nobody else would find out that SQL Server is there again.
const Error* Inbox::down() const {
    if (!ends_.feed) {
        return nullptr;
    }
    for (const EndHealth* health : {&ends_.sink->health(), &ends_.feed->health()}) {
        if (health->down()) {
            return &*health->error;
        }
    }
    return nullptr;
}

std::size_t Inbox::keys_in(const Lanes& lanes) {
    std::size_t keys = 0;
    for (const auto& [stream, lane] : lanes) {
        keys += lane.keys.size();
    }
    return keys;
}

std::size_t Inbox::size() const {
    std::size_t keys = 0;
    for (const Lanes* lanes : all_lanes()) {
        keys += keys_in(*lanes);
    }
    return keys;
}

std::size_t Inbox::payload_bytes() const {
    std::size_t bytes = 0;
    for (const Lanes* lanes : all_lanes()) {
        for (const auto& [stream, lane] : *lanes) {
            for (const auto& [key, waiting] : lane.keys) {
                bytes += waiting.payload ? waiting.payload->row.size() : 0;
            }
        }
    }
    return bytes;
}

std::optional<Error> Inbox::full(bool known, const std::optional<Change>& payload) const {
    if (!known && size() >= settings_.limit) {
        return Error{Disposition::retry, "", fmt::format("{} rows wait to be applied already", settings_.limit)};
    }
    if (payload && payload_bytes() + payload->row.size() > settings_.byte_limit) {
        return Error{Disposition::retry, "", "too many bytes of rows wait to be applied already"};
    }
    return std::nullopt;
}

InboxStatus Inbox::status() const {
    InboxStatus status = status_;
    status.waiting = size();
    return status;
}

asio::awaitable<void> Inbox::run() {
    // Whichever ends, or fails, ends the others: a failure of one must not leave the inbox half alive.
    const auto [order, applied, read, waited] =
        co_await asio::experimental::make_parallel_group(asio::co_spawn(executor_, apply_deliveries(), asio::deferred),
                                                         asio::co_spawn(executor_, read_ahead(), asio::deferred),
                                                         asio::co_spawn(executor_, end_waits(), asio::deferred))
            .async_wait(asio::experimental::wait_for_one{}, asio::use_awaitable);
    if (const std::exception_ptr failure = std::array{applied, read, waited}.at(order[0])) {
        note_all();
        std::rethrow_exception(failure);
    }
    running_ = std::exchange(waiting_, {});
    InboxReport report;
    leave_all(stopping(), report);
    answer_settled();
    say_summary();
}

// All wait equally long: the oldest one's wait is over first.
asio::awaitable<void> Inbox::end_waits() {
    for (;;) {
        forget_deadlines();
        if (deadlines_.empty()) {
            co_await deadline_.wait();
            continue;
        }
        const auto left = deadlines_.front().due - clock_.steady_now();
        if (left > std::chrono::steady_clock::duration::zero()) {
            co_await clock_.sleep(std::chrono::ceil<std::chrono::milliseconds>(left));
            continue;
        }
        deadlines_.front().waiter->done.set();
        deadlines_.pop_front();
    }
}

// Of those of which everything is known.
void Inbox::forget_deadlines() {
    while (!deadlines_.empty() && deadlines_.front().waiter->open == 0) {
        deadlines_.pop_front();
    }
}

asio::awaitable<void> Inbox::apply_deliveries() {
    while (!stopping_) {
        if (waiting_.empty()) {
            co_await idle();
            continue;
        }
        if (trying_again_) {
            co_await pause();
        }
        if (!stopping_) {
            co_await run_batches();
        }
    }
}

void Inbox::stop() {
    stopping_ = true;
    note_all();  // the batch in hand may take longer than the daemon is given
    wake_.set();
}

void Inbox::note_all() {
    for (Lanes* lanes : all_lanes()) {
        for (auto& [stream, lane] : *lanes) {
            if (ends_.quarantine) {
                note_owed(*stream, lane);
            }
        }
    }
}

asio::awaitable<void> Inbox::idle() {
    say_summary();
    if (unsaid_.synced + unsaid_.ignored + unsaid_.left == 0) {
        co_await wake_.wait();
        co_return;
    }
    const auto left = *said_ + summary_interval - clock_.steady_now();
    co_await (clock_.sleep(std::chrono::ceil<std::chrono::milliseconds>(left)) || wake_.wait());
}

asio::awaitable<void> Inbox::pause() {
    const auto due = clock_.steady_now() + std::min(backoff_.next(), longest_pause);
    while (!stopping_ && clock_.steady_now() < due) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock_.steady_now());
        co_await (clock_.sleep(left) || wake_.wait());
    }
}

}  // namespace revsync
