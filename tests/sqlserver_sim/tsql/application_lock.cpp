// sp_getapplock and sp_releaseapplock on PostgreSQL's advisory locks.
#include <algorithm>
#include <cstdlib>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

struct Request {
    std::string resource;
    std::string mode = "Exclusive";
    std::string owner = "Transaction";
    int timeout_ms = -1;
};

// Named arguments, or in the order of the procedure's parameters.
Request read(const std::vector<CallArgument>& arguments, bool release) {
    Request request;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string value = arguments[i].value.value.value_or("");
        const std::string name = lower(arguments[i].name);
        const bool positional = name.empty();
        if (name == "@resource" || (positional && i == 0)) {
            request.resource = value;
        } else if (name == "@lockowner" || (positional && i == (release ? 1U : 2U))) {
            request.owner = value;
        } else if (name == "@lockmode" || (positional && i == 1)) {
            request.mode = value;
        } else if (name == "@locktimeout" || (positional && i == 3)) {
            request.timeout_ms = std::atoi(value.c_str());
        }
    }
    return request;
}

}  // namespace

// 0 granted, 1 granted after a wait, -1 time-out, -2 cancelled, -3 deadlock victim, -999 wrong use.
int SessionImpl::sp_getapplock(std::vector<CallArgument>& arguments) {
    const Request request = read(arguments, false);
    const bool session_owned = same_name(request.owner, "Session");
    if (request.resource.empty() || (!session_owned && transactions_ == 0)) {
        return -999;
    }
    const bool shared = same_name(request.mode, "Shared") || same_name(request.mode, "IntentShared");
    const int timeout = request.timeout_ms < 0 ? options_.lock_timeout_ms : request.timeout_ms;
    const std::string suffix = shared ? "_shared" : "";
    const std::string key(
        query("SELECT hashtextextended($1, 7)", {lower(database_) + "|" + request.resource}).text(0, 0));
    int status = 0;
    if (query("SELECT pg_try_advisory_lock" + suffix + "(" + key + ")").text(0, 0) != "t") {
        if (timeout == 0) {
            return -1;
        }
        status = wait_for_lock("SELECT pg_advisory_lock" + suffix + "(" + key + ")", timeout);
    }
    if (status >= 0) {
        (session_owned ? session_locks_ : transaction_locks_)
            .push_back({request.resource, std::atoll(key.c_str()), shared});
    }
    return status;
}

int SessionImpl::wait_for_lock(const std::string& sql, int timeout_ms) {
    const bool inside = backend_.in_transaction();
    if (inside) {
        backend_.script("SAVEPOINT \"application lock\"");
    }
    const auto restore = [&] {
        const int own = options_.lock_timeout_ms < 0 ? 0 : std::max(options_.lock_timeout_ms, 1);
        backend_.script("SET lock_timeout = " + std::to_string(own));
    };
    backend_.script("SET lock_timeout = " + std::to_string(std::max(timeout_ms, 0)));
    try {
        query(sql);
    } catch (const BackendError& error) {
        if (inside) {
            backend_.script("ROLLBACK TO SAVEPOINT \"application lock\"; RELEASE SAVEPOINT \"application lock\"");
        }
        restore();
        throw_if_cancelled();
        if (error.sqlstate == "55P03" || error.sqlstate == "40P01") {
            return error.sqlstate == "55P03" ? -1 : -3;
        }
        throw;
    }
    restore();
    if (inside) {
        backend_.script("RELEASE SAVEPOINT \"application lock\"");
    }
    return 1;
}

int SessionImpl::sp_releaseapplock(std::vector<CallArgument>& arguments) {
    const Request request = read(arguments, true);
    auto& locks = same_name(request.owner, "Session") ? session_locks_ : transaction_locks_;
    const auto found = std::find_if(locks.begin(), locks.end(),
                                    [&](const ApplicationLock& lock) { return lock.resource == request.resource; });
    if (found == locks.end()) {
        fail(1223, "Cannot release the application lock (Database Principal: 'public', Resource: '" + request.resource +
                       "') because it is not currently held.");
    }
    query(std::string("SELECT pg_advisory_unlock") + (found->shared ? "_shared(" : "(") + std::to_string(found->key) +
          ")");
    locks.erase(found);
    return 0;
}

std::string SessionImpl::application_lock_mode(std::string_view resource, std::string_view owner) const {
    const auto& locks = same_name(owner, "Session") ? session_locks_ : transaction_locks_;
    std::string mode = "NoLock";
    for (const ApplicationLock& lock : locks) {
        if (lock.resource == resource) {
            mode = lock.shared && mode != "Exclusive" ? "Shared" : "Exclusive";
        }
    }
    return mode;
}

void SessionImpl::release_transaction_locks() {
    for (const ApplicationLock& lock : std::exchange(transaction_locks_, {})) {
        backend_.script(std::string("SELECT pg_advisory_unlock") + (lock.shared ? "_shared(" : "(") +
                        std::to_string(lock.key) + ")");
    }
}

}  // namespace revsync::sim::tsql
