#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "core/error.hpp"
#include "postgres/connection.hpp"
#include "postgres/statement.hpp"

namespace revsync::postgres {

// Sends all statements in one go and takes their answers, one result each in their order. `answer_timeout` is
// for each answer. The outer error: the connection is lost or late, and is closed. Cancellation closes it too.
// `connection` must be open and idle; `conninfo` is for error texts and must stay alive.
boost::asio::awaitable<Result<std::vector<Result<Rows>>>> run_pipeline(std::shared_ptr<Connection> connection,
                                                                       const Conninfo& conninfo,
                                                                       std::vector<Statement> statements,
                                                                       std::chrono::milliseconds answer_timeout);

}  // namespace revsync::postgres
