#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "contracts/feed_contract.hpp"
#include "mapping/clinic.hpp"
#include "postgres/database.hpp"
#include "postgres/feed.hpp"
#include "postgres/run.hpp"

namespace revsync::contracts {
namespace {

using postgres::Client;

// A database of the suite's own with the clinic's tables, on the server that TEST_POSTGRES_URL names.
class PostgresSource {
public:
    static bool available() { return std::getenv("TEST_POSTGRES_URL") != nullptr; }

    PostgresSource() {
        Client{server_}.execute("CREATE DATABASE " + database_ + " TEMPLATE template0 ENCODING 'UTF8'");
        writer_ = std::make_unique<Client>(url());
        open_ = std::make_unique<Client>(url());
        std::ifstream schema{CLINIC_SCHEMA};
        writer_->execute(std::string{std::istreambuf_iterator<char>{schema}, {}});
        writer_->execute(
            "INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'D');"
            "INSERT INTO patients (person_id) VALUES (1); INSERT INTO work (work_id, person_id) VALUES (1, 1);"
            "INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1)");
        postgres::FeedSettings settings;
        settings.conninfo = postgres::parse_conninfo(url(), "SUPABASE_DB_URL").value();
        feed_ = postgres::create_feed(std::move(settings));
    }
    ~PostgresSource() {
        feed_.reset();
        writer_.reset();
        open_.reset();
        Client{server_}.execute("DROP DATABASE " + database_ + " WITH (FORCE)");
    }
    PostgresSource(const PostgresSource&) = delete;
    PostgresSource& operator=(const PostgresSource&) = delete;

    const Mapping& mapping() const { return mapping_; }
    Feed& feed() { return *feed_; }
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return postgres::run(context_, std::move(work));
    }

    void put_note(std::int64_t id, const Note& note) {
        const std::string edited = note.edited ? fmt::format("'{}'", note.edited->iso_microseconds()) : "NULL";
        writer_->execute(
            fmt::format("INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text, "
                        "created_at, edited_at) VALUES ({}, 1, '{}', '{}', '{}', {})",
                        id, note.type, note.text, note.created.iso_microseconds(), edited));
    }
    void put_batch(std::int64_t id, Timestamp created, Timestamp updated) {
        writer_->execute(
            fmt::format("INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, created_at, "
                        "updated_at) VALUES ({}, 1, '{}', '{}')",
                        id, created.iso_microseconds(), updated.iso_microseconds()));
    }
    void erase_note(std::int64_t id) {
        writer_->execute(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", id));
    }
    void begin_note(std::int64_t id) {
        open_->execute("BEGIN");
        open_->execute(
            fmt::format("INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) "
                        "VALUES ({}, 1, 'Doctor', 'uncommitted')",
                        id));
    }
    void commit() { open_->execute("COMMIT"); }

private:
    std::string url() const {
        std::string url = server_;
        const std::size_t scheme = url.find("://");
        const std::size_t path = url.find('/', scheme + 3);
        const std::size_t query = std::min(url.find('?', scheme + 3), url.size());
        return url.substr(0, std::min(path, query)) + "/" + database_ + url.substr(query);
    }
    static std::string unique_name() {
        static int count = 0;
        return fmt::format("revsync_contract_{}_{}", getpid(), ++count);
    }

    const std::string server_ = std::getenv("TEST_POSTGRES_URL");
    const std::string database_ = unique_name();
    const Mapping mapping_ = clinic_mapping();
    boost::asio::io_context context_;
    std::unique_ptr<Client> writer_;
    std::unique_ptr<Client> open_;
    std::unique_ptr<Feed> feed_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, FeedContract, PostgresSource);

}  // namespace
}  // namespace revsync::contracts
