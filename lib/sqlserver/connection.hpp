#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "sqlserver/session.hpp"

namespace revsync::sqlserver {

// A session that is opened when it is needed and replaced when it was lost. use() belongs to the worker thread;
// cancel(), rearm(), open() and opened() may be called from any thread.
class Connection {
public:
    explicit Connection(ConnectionSettings settings) : settings_{std::move(settings)} {}

    // Runs `work` on the session. Work must be safe to repeat: an idle connection that has died is noticed only
    // by the call that fails, so that one is done once more on a fresh connection.
    template <class T>
    Result<T> use(const std::function<Result<T>(Session&)>& work) {
        const bool was_open = session_ != nullptr;
        Result<T> result = attempt<T>(work);
        if (was_open && !result && result.error().connection_lost && !cancelled_.load()) {
            return attempt<T>(work);
        }
        return result;
    }

    // Ends the running call with disposition stopped, within about a second or the query time-out.
    void cancel() { cancelled_ = true; }
    // Forgets an earlier cancel().
    void rearm() { cancelled_ = false; }
    // As far as is known.
    bool open() const { return open_; }
    // How often a session has been opened so far.
    std::uint64_t opened() const { return opened_; }

    void close();

private:
    template <class T>
    Result<T> attempt(const std::function<Result<T>(Session&)>& work) {
        if (auto ready = ensure_open(); !ready) {
            return ready.error();
        }
        Result<T> result = work(*session_);
        if (!session_->alive()) {
            close();
        }
        return result;
    }

    Result<void> ensure_open();

    const ConnectionSettings settings_;
    std::unique_ptr<Session> session_;
    std::atomic<bool> cancelled_ = false;
    std::atomic<bool> open_ = false;
    std::atomic<std::uint64_t> opened_ = 0;
};

}  // namespace revsync::sqlserver
