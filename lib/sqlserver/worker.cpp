#include "sqlserver/worker.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace revsync::sqlserver {

namespace asio = boost::asio;

Worker::Worker(ConnectionSettings settings)
    : connection_{std::make_shared<Connection>(std::move(settings))}, thread_{[this] { loop(); }} {}

Worker::~Worker() {
    connection_->cancel();
    {
        const std::scoped_lock lock{mutex_};
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

asio::awaitable<void> Worker::perform(Job job) {
    connection_->rearm();
    const auto initiate = [this](auto handler, Job work) {
        const auto executor =
            asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work_t::tracked);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([connection = connection_](asio::cancellation_type) { connection->cancel(); });
        }
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        post([this, executor, slot, shared = std::move(shared), work = std::move(work)]() mutable {
            work(*connection_);
            // The slot is cleared on the caller's thread: from then on a cancel cannot hit somebody else's job.
            asio::post(executor, [slot, shared = std::move(shared)]() mutable {
                slot.clear();
                std::move (*shared)();
            });
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable, std::move(job));
}

void Worker::post(std::function<void()> task) {
    {
        const std::scoped_lock lock{mutex_};
        task_ = std::move(task);
    }
    changed_.notify_one();
}

void Worker::loop() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return ending_ || task_; });
            if (!task_) {
                break;
            }
            task = std::exchange(task_, nullptr);
        }
        task();
    }
    connection_->close();
}

}  // namespace revsync::sqlserver
