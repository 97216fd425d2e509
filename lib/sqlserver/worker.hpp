#pragma once

#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "sqlserver/connection.hpp"

namespace revsync::sqlserver {

// One connection and the thread that may block on it. Everything public belongs to one thread, that of the
// coroutines.
class Worker {
public:
    using Job = std::function<void(Connection&)>;

    explicit Worker(ConnectionSettings settings);
    // Cancels the running job and waits for its end: at most about the query time-out.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Runs `job` on the worker's thread and resumes the caller on its own executor. One job at a time. When the
    // caller is cancelled the job's call is cancelled, and the caller resumes after its end all the same, so that
    // a job may refer to the caller's variables. A job must not throw. The executor must outlive the worker.
    boost::asio::awaitable<void> perform(Job job);

    void cancel() { connection_->cancel(); }
    const Connection& connection() const { return *connection_; }

private:
    void post(std::function<void()> task);
    void loop();

    const std::shared_ptr<Connection> connection_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> task_;  // guarded by mutex_
    bool ending_ = false;         // guarded by mutex_
    std::thread thread_;
};

}  // namespace revsync::sqlserver
