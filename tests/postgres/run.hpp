#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace revsync::postgres {

// Runs a coroutine to its end on an io_context, which a session may be used on again and again.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, T result) {
        failure = thrown;
        value = std::move(result);
    });
    context.restart();
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*value);
}

}  // namespace revsync::postgres
