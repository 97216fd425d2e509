#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "contracts/forward_sink_contract.hpp"
#include "mapping/clinic.hpp"
#include "postgres/database.hpp"
#include "postgres/forward_sink.hpp"
#include "postgres/run.hpp"

namespace revsync::contracts {
namespace {

using postgres::Client;

// A database of the suite's own with the clinic's tables, on the server that TEST_POSTGRES_URL names.
class PostgresTarget {
public:
    static bool available() { return std::getenv("TEST_POSTGRES_URL") != nullptr; }

    PostgresTarget() {
        Client{server_}.execute("CREATE DATABASE " + database_ + " TEMPLATE template0 ENCODING 'UTF8'");
        people_ = std::make_unique<Client>(url());
        std::ifstream schema{CLINIC_SCHEMA};
        people_->execute(std::string{std::istreambuf_iterator<char>{schema}, {}});
        people_->execute(
            "SET timezone = 'UTC'; INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'D');"
            "INSERT INTO patients (person_id) VALUES (1); INSERT INTO work (work_id, person_id) VALUES (1, 1);"
            "INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1)");
        postgres::ForwardSinkSettings settings;
        settings.conninfo = postgres::parse_conninfo(url(), "SUPABASE_DB_URL").value();
        sink_ = postgres::create_forward_sink(std::move(settings));
    }
    ~PostgresTarget() {
        sink_.reset();
        people_.reset();
        Client{server_}.execute("DROP DATABASE " + database_ + " WITH (FORCE)");
    }
    PostgresTarget(const PostgresTarget&) = delete;
    PostgresTarget& operator=(const PostgresTarget&) = delete;

    const Mapping& mapping() const { return mapping_; }
    ForwardSink& sink() { return *sink_; }
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return postgres::run(context_, std::move(work));
    }

    void put(const std::string& table, int id, const Columns& row) {
        std::string names = key_of(table);
        std::string values = std::to_string(id);
        for (const auto& [name, value] : row) {
            names += ", " + name;
            values += fmt::format(", '{}'", value);
        }
        people_->execute(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, names, values));
    }
    void edit(const std::string& table, int id, const Columns& row) {
        std::vector<std::string> assignments;
        for (const auto& [name, value] : row) {
            assignments.push_back(fmt::format("{} = '{}'", name, value));
        }
        people_->execute(
            fmt::format("UPDATE {} SET {} WHERE {} = {}", table, fmt::join(assignments, ", "), key_of(table), id));
    }
    std::optional<std::string> value(const std::string& table, int id, const std::string& column) {
        const std::string text = column.ends_with("_at")
                                     ? fmt::format(R"(to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))", column)
                                     : fmt::format("{}::text", column);
        const auto rows =
            people_->execute(fmt::format("SELECT {} FROM {} WHERE {} = {}", text, table, key_of(table), id));
        return rows.empty() ? std::nullopt : std::optional{rows[0][0]};
    }

private:
    std::string key_of(const std::string& table) const {
        for (const Stream* stream : mapping_.of(Direction::forward)) {
            if (stream->target.table == table) {
                return stream->key[0].target;
            }
        }
        throw std::runtime_error{"no stream for " + table};
    }
    std::string url() const {
        std::string url = server_;
        const std::size_t scheme = url.find("://");
        const std::size_t path = url.find('/', scheme + 3);
        const std::size_t query = std::min(url.find('?', scheme + 3), url.size());
        return url.substr(0, std::min(path, query)) + "/" + database_ + url.substr(query);
    }
    static std::string unique_name() {
        static int count = 0;
        return fmt::format("revsync_forward_{}_{}", getpid(), ++count);
    }

    const std::string server_ = std::getenv("TEST_POSTGRES_URL");
    const std::string database_ = unique_name();
    const Mapping mapping_ = clinic_mapping();
    boost::asio::io_context context_;
    std::unique_ptr<Client> people_;
    std::unique_ptr<ForwardSink> sink_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ForwardSinkContract, PostgresTarget);

}  // namespace
}  // namespace revsync::contracts
