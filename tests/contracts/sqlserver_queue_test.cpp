#include "contracts/queue_contract.hpp"
#include "sqlserver/queue.hpp"
#include "sqlserver/test_server.hpp"

namespace revsync::contracts {
namespace {

using sqlserver::Session;

// A queue, and a table behind it, on the server that TEST_SQLSERVER_URL names.
class SqlServerPractice {
public:
    static bool available() { return sqlserver::test::test_server().has_value(); }

    SqlServerPractice() {
        session_ = Session::connect(settings_, never_).value();
        drop();
        sql("CREATE TABLE dbo.SyncQueue (QueueID int IDENTITY(1,1) NOT NULL PRIMARY KEY, TableName varchar(50) NOT "
            "NULL, RecordID int NOT NULL, Operation varchar(10) NOT NULL, JsonData nvarchar(max) NULL, "
            "CreatedAt datetime NULL DEFAULT (getdate()), Attempts int NULL DEFAULT (0), LastAttempt datetime NULL, "
            "LastError nvarchar(500) NULL, Status varchar(20) NULL DEFAULT ('Pending'));");
        sql("CREATE TABLE dbo.revsync_batches (BatchID int NOT NULL PRIMARY KEY, Days int NULL);");
        Stream stream;
        stream.name = "batches";
        stream.direction = Direction::forward;
        stream.source = {"dbo", "revsync_batches"};
        stream.target = {"public", "batches"};
        stream.key = {{"BatchID", "batch_id"}};
        stream.columns = {{"Days", "days", Owner::shared, false, {}}};
        mapping_.streams = {stream};
        first_pool_ = std::make_unique<sqlserver::Pool>(settings_, 1);
        first_ = sqlserver::create_queue(*first_pool_, mapping_, {});
        second_pool_ = std::make_unique<sqlserver::Pool>(settings_, 1);
        second_ = sqlserver::create_queue(*second_pool_, mapping_, {});
    }
    ~SqlServerPractice() {
        end_first();
        second_.reset();
        second_pool_.reset();
        drop();
    }
    SqlServerPractice(const SqlServerPractice&) = delete;
    SqlServerPractice& operator=(const SqlServerPractice&) = delete;

    const Stream& batches() const { return mapping_.streams[0]; }
    Queue& queue() { return *first_; }
    Queue& second() { return *second_; }
    void end_first() {
        first_.reset();
        first_pool_.reset();
    }
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return sqlserver::test::run(context_, std::move(work));
    }

    void put_row(int id, int days) { sql("INSERT INTO dbo.revsync_batches VALUES ({}, {});", id, days); }
    std::int64_t put(const std::string& operation, int record, const std::optional<std::string>& row,
                     const std::string& table = "batches") {
        const std::string json = row ? "N'" + *row + "'" : "NULL";
        return std::stoll(
            *value("INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData) VALUES ('{}', "
                   "{}, '{}', {}); SELECT CONVERT(int, SCOPE_IDENTITY());",
                   table, record, operation, json));
    }
    void pass(std::chrono::minutes time) {
        sql("UPDATE dbo.SyncQueue SET CreatedAt = DATEADD(minute, {0}, CreatedAt), "
            "LastAttempt = DATEADD(minute, {0}, LastAttempt);",
            -time.count());
    }
    std::string status(std::int64_t id) { return entry(id, "Status").value_or(""); }
    std::string attempts(std::int64_t id) { return entry(id, "Attempts").value_or(""); }
    std::optional<std::string> error(std::int64_t id) { return entry(id, "LastError"); }

private:
    template <class... Arguments>
    std::optional<std::string> value(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        const auto results = session_->query(fmt::format(format, std::forward<Arguments>(arguments)...)).value();
        return results.empty() || results[0].empty() ? std::nullopt : results[0][0][0];
    }
    template <class... Arguments>
    void sql(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        value(format, std::forward<Arguments>(arguments)...);
    }
    std::optional<std::string> entry(std::int64_t id, const std::string& column) {
        return value("SELECT {} FROM dbo.SyncQueue WHERE QueueID = {};", column, id);
    }
    void drop() { sql("DROP TABLE IF EXISTS dbo.SyncQueue; DROP TABLE IF EXISTS dbo.revsync_batches;"); }

    sqlserver::ConnectionSettings settings_ = *sqlserver::test::test_server();
    const std::atomic<bool> never_ = false;
    std::unique_ptr<Session> session_;
    boost::asio::io_context context_;
    Mapping mapping_;
    std::unique_ptr<sqlserver::Pool> first_pool_;
    std::unique_ptr<Queue> first_;
    std::unique_ptr<sqlserver::Pool> second_pool_;
    std::unique_ptr<Queue> second_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(SqlServer, QueueContract, SqlServerPractice);

}  // namespace
}  // namespace revsync::contracts
