// One blocking PostgreSQL connection.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../engine.hpp"

struct pg_conn;
struct pg_result;
struct pg_cancel;

namespace revsync::sim::tsql {

// What PostgreSQL said when it refused.
struct BackendError : std::exception {
    std::string sqlstate, text, detail, schema, table, column, constraint, type;
    const char* what() const noexcept override { return text.c_str(); }
};

class Result {
public:
    explicit Result(pg_result* raw) noexcept;
    int rows() const noexcept;
    int columns() const noexcept;
    bool null(int row, int column) const noexcept;
    std::string_view text(int row, int column) const noexcept;
    Value value(int row, int column) const;
    std::uint64_t affected() const noexcept;

private:
    struct Clear {
        void operator()(pg_result* raw) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> raw_;
};

class Backend {
public:
    // Throws std::runtime_error when no connection can be made; the cause never holds the conninfo.
    explicit Backend(const std::string& conninfo);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    // One statement with its parameters in PostgreSQL's text form. Throws BackendError. Prepares what comes again,
    // until the definitions that it was made for may have changed: `schema` counts their changes.
    Result run(const std::string& sql, const std::vector<Value>& parameters = {}, std::uint64_t schema = 0);
    // Several statements without parameters and results.
    void script(const std::string& sql);
    bool in_transaction() const noexcept;
    bool alive() const noexcept;
    int process_id() const noexcept;
    void cancel() noexcept;  // from any thread

private:
    pg_conn* connection_ = nullptr;
    // Empty while it has not been prepared.
    const std::string& prepared(const std::string& sql, std::uint64_t schema);

    pg_cancel* cancel_ = nullptr;
    std::unordered_map<std::string, std::string> prepared_;  // names by text; empty: seen once
    std::uint64_t schema_ = 0;
    std::uint64_t next_name_ = 0;
};

}  // namespace revsync::sim::tsql
