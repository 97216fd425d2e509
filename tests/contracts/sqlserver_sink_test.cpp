#include <unistd.h>

#include "contracts/sink_contract.hpp"
#include "sqlserver/sink.hpp"
#include "sqlserver/test_server.hpp"

namespace revsync::contracts {
namespace {

using sqlserver::Session;

// Tables of the suite's own on the server that TEST_SQLSERVER_URL names.
class SqlServerTarget {
public:
    static bool available() { return sqlserver::test::test_server().has_value(); }

    SqlServerTarget() {
        session_ = Session::connect(settings_, never_).value();
        drop();
        sql("CREATE TABLE dbo.{0}_sets (SetID int NOT NULL PRIMARY KEY); INSERT INTO dbo.{0}_sets VALUES (1), (2);");
        sql("CREATE TABLE dbo.{0}_notes (NoteID int IDENTITY(1,1) NOT NULL PRIMARY KEY, "
            "SetID int NOT NULL CONSTRAINT FK_{0}_notes FOREIGN KEY REFERENCES dbo.{0}_sets (SetID), "
            "NoteType varchar(20) NOT NULL, NoteText nvarchar(max) NOT NULL, IsRead bit NOT NULL DEFAULT 1);");
        sql("CREATE TABLE dbo.{0}_batches (BatchID int IDENTITY(1,1) NOT NULL PRIMARY KEY, Days int NULL);");
        sql("CREATE TABLE dbo.{0}_flags (NoteID int NOT NULL);");
        sql("CREATE TRIGGER dbo.{0}_inserted ON dbo.{0}_notes AFTER INSERT AS "
            "BEGIN SET NOCOUNT ON; INSERT INTO dbo.{0}_flags SELECT NoteID FROM inserted; END;");
        pool_ = std::make_unique<sqlserver::Pool>(settings_, 1);
        sink_ = sqlserver::create_sink(*pool_, {});
    }
    ~SqlServerTarget() {
        sink_.reset();
        pool_.reset();
        drop();
    }
    SqlServerTarget(const SqlServerTarget&) = delete;
    SqlServerTarget& operator=(const SqlServerTarget&) = delete;

    const Stream& notes() const { return notes_; }
    const Stream& batches() const { return batches_; }
    Sink& sink() { return *sink_; }
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return sqlserver::test::run(context_, std::move(work));
    }

    void put_lab_note(int id, const std::string& text) {
        sql("SET IDENTITY_INSERT dbo.{0}_notes ON; INSERT INTO dbo.{0}_notes (NoteID, SetID, NoteType, NoteText) "
            "VALUES ({1}, 1, 'Lab', N'{2}'); SET IDENTITY_INSERT dbo.{0}_notes OFF;",
            id, quoted(text));
    }
    void put_batch(int id, int days) {
        sql("SET IDENTITY_INSERT dbo.{0}_batches ON; INSERT INTO dbo.{0}_batches (BatchID, Days) VALUES ({1}, {2}); "
            "SET IDENTITY_INSERT dbo.{0}_batches OFF;",
            id, days);
    }
    void add_set(int id) { sql("INSERT INTO dbo.{0}_sets VALUES ({1});", id); }
    void mark_as_read(int note) { sql("UPDATE dbo.{0}_notes SET IsRead = 1 WHERE NoteID = {1};", note); }
    std::optional<std::string> note(int id, const std::string& column) {
        return value("SELECT {2} FROM dbo.{0}_notes WHERE NoteID = {1};", id, column);
    }
    std::optional<std::string> batch_days(int id) {
        return value("SELECT Days FROM dbo.{0}_batches WHERE BatchID = {1};", id);
    }
    int times_inserted(int note) {
        return std::stoi(value("SELECT COUNT(*) FROM dbo.{0}_flags WHERE NoteID = {1};", note).value());
    }

private:
    Stream note_stream() const {
        Stream stream;
        stream.name = "notes";
        stream.target = {"dbo", prefix_ + "_notes"};
        stream.key = {{"note_id", "NoteID"}};
        stream.columns = {{"set_id", "SetID", Owner::supabase, false, {}},
                          {"note_type", "NoteType", Owner::supabase, false, {}},
                          {"note_text", "NoteText", Owner::supabase, false, {}},
                          {"is_read", "IsRead", Owner::sqlserver, true, "0"}};
        stream.owned_rows = RowOwnership{"NoteType", "Doctor"};
        stream.operations = {.insert = true, .update = true, .remove = true};
        return stream;
    }
    Stream batch_stream() const {
        Stream stream;
        stream.name = "batches";
        stream.target = {"dbo", prefix_ + "_batches"};
        stream.key = {{"batch_id", "BatchID"}};
        stream.columns = {{"days", "Days", Owner::shared, false, {}}};
        stream.operations = {.insert = false, .update = true, .remove = false};
        return stream;
    }
    static std::string quoted(std::string text) {
        for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
            text.insert(at, 1, '\'');
        }
        return text;
    }

    // {0} in a statement is the prefix of this suite's tables.
    template <class... Values>
    std::vector<sqlserver::ResultSet> sql(std::string_view text, const Values&... values) {
        return session_->query(fmt::format(fmt::runtime(text), prefix_, values...)).value();
    }
    template <class... Values>
    std::optional<std::string> value(std::string_view text, const Values&... values) {
        const auto results = sql(text, values...);
        return results.empty() || results[0].empty() ? std::nullopt : results[0][0][0];
    }
    void drop() {
        sql("DROP TABLE IF EXISTS dbo.{0}_notes; DROP TABLE IF EXISTS dbo.{0}_sets; "
            "DROP TABLE IF EXISTS dbo.{0}_batches; DROP TABLE IF EXISTS dbo.{0}_flags;");
    }

    const std::string prefix_ = fmt::format("contract_{}", getpid());
    const sqlserver::ConnectionSettings settings_ = *sqlserver::test::test_server();
    const std::atomic<bool> never_ = false;
    const Stream notes_ = note_stream();
    const Stream batches_ = batch_stream();
    boost::asio::io_context context_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<sqlserver::Pool> pool_;
    std::unique_ptr<Sink> sink_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(SqlServer, SinkContract, SqlServerTarget);

}  // namespace
}  // namespace revsync::contracts
