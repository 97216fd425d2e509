// What PostgreSQL adds to the promises of every ForwardSink (tests/contracts/forward_sink_contract.hpp).
#include "postgres/forward_sink.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <thread>

#include "postgres/database.hpp"
#include "postgres/run.hpp"

namespace revsync::postgres {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ColumnPair pair(const std::string& target, Owner owner = Owner::sqlserver) {
    ColumnPair pair;
    pair.source = target;
    pair.target = target;
    pair.owner = owner;
    return pair;
}

// A stream into a table `items`, key `id`, columns `body` and the shared `days`.
Stream items_to_supabase() {
    Stream stream;
    stream.name = "items";
    stream.direction = Direction::forward;
    stream.source = {"dbo", "Items"};
    stream.target = {"public", "items"};
    stream.key = {{"ID", "id"}};
    stream.columns = {pair("body"), pair("days", Owner::shared)};
    stream.operations = {.insert = true, .update = true, .remove = true};
    return stream;
}

// The stream that brings edits of `days` back.
Stream items_from_supabase() {
    Stream stream;
    stream.name = "edited items";
    stream.source = {"public", "items"};
    stream.key = {{"id", "ID"}};
    stream.columns = {pair("days", Owner::shared)};
    stream.filter = {{"updated_at", Condition::Test::newer_than, "created_at"}};
    stream.changed_at = {"updated_at"};
    stream.operations = {.insert = false, .update = true, .remove = false};
    return stream;
}

class ForwardSinks : public DatabaseTest {
protected:
    void create_items(const std::string& body_type = "text", const std::string& id_type = "int") {
        sql().execute(fmt::format(
            "CREATE TABLE items (id {} PRIMARY KEY, body {}, days int, created_at timestamptz DEFAULT now(), updated_at"
            " timestamptz DEFAULT now());"
            "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;"
            "CREATE TRIGGER set_updated_at BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION stamp()",
            id_type, body_type));
    }

    void connect(Conninfo conninfo, std::optional<std::chrono::milliseconds> lock_timeout = {},
                 std::optional<std::chrono::milliseconds> statement_timeout = {}) {
        ForwardSinkSettings settings;
        settings.conninfo = std::move(conninfo);
        settings.lock_timeout = lock_timeout.value_or(settings.lock_timeout);
        settings.statement_timeout = statement_timeout.value_or(settings.statement_timeout);
        sink_ = create_forward_sink(std::move(settings));
    }
    Result<void> prepare() {
        if (!sink_) {
            connect(conninfo());
        }
        std::vector<ForwardPair> pairs{{&stream_, reads_back_ ? &reader_ : nullptr}};
        return run(context_, sink_->prepare(std::move(pairs))).value().at(0);
    }

    const QueueItem* item(int key, const std::string& row) {
        QueueItem item;
        item.id = static_cast<std::int64_t>(items_.size()) + 1;
        item.stream = &stream_;
        item.change = {fmt::format("[{}]", key), {}, row.empty() ? Operation::remove : Operation::upsert, row};
        items_.push_back(std::move(item));
        return &items_.back();
    }
    const QueueItem* item_with(const std::string& body) { return item(1, fmt::format(R"({{"body":{}}})", body)); }

    Result<ForwardApplied> try_apply(std::vector<const QueueItem*> items, std::function<void()> meanwhile = {}) {
        std::vector<ForwardBatch> batches{{{&stream_, reads_back_ ? &reader_ : nullptr}, std::move(items), {}}};
        const auto before_commit = [this, &meanwhile](std::vector<Echo> echoes) {
            echoes_ = std::move(echoes);
            if (meanwhile) {
                meanwhile();
            }
            return answer(allowed_);
        };
        return run(context_, sink_->apply(std::move(batches), before_commit));
    }
    std::size_t changed_by(std::vector<const QueueItem*> items) {
        return try_apply(std::move(items)).value().changed.at(0);
    }

    std::string body() { return sql().value("SELECT body::text FROM items WHERE id = 1"); }
    std::string rows() { return sql().value("SELECT count(*) FROM items"); }
    void end_connections_of_the_sink() {
        sql().execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()");
    }

    Stream stream_ = items_to_supabase();
    Stream reader_ = items_from_supabase();
    bool reads_back_ = true;
    std::vector<Echo> echoes_;
    Result<void> allowed_{};  // the answer before a commit

private:
    static asio::awaitable<Result<void>> answer(Result<void> result) { co_return result; }

    asio::io_context context_;
    std::unique_ptr<ForwardSink> sink_;
    std::deque<QueueItem> items_;
};

struct CarriedValue {
    const char* type;
    const char* json;
    const char* stored;
};

class ForwardValues : public ForwardSinks, public testing::WithParamInterface<CarriedValue> {};

TEST_P(ForwardValues, AreStoredAndFoundEqualAfterwards) {
    const CarriedValue& one = GetParam();
    sql().execute("CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN price AS numeric(10,2)");
    create_items(one.type);
    ASSERT_TRUE(prepare());

    EXPECT_EQ(changed_by({item_with(one.json)}), 1U);
    EXPECT_EQ(body(), one.stored);
    EXPECT_EQ(changed_by({item_with(one.json)}), 0U);
    EXPECT_EQ(changed_by({item_with("null")}), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    OfType, ForwardValues,
    testing::Values(
        CarriedValue{"int", "5", "5"}, CarriedValue{"int", R"("5")", "5"},
        CarriedValue{"bigint", "9223372036854775807", "9223372036854775807"},
        CarriedValue{"numeric(10,2)", "12.345", "12.35"}, CarriedValue{"price", "12.345", "12.35"},
        CarriedValue{"numeric", "12345678901234567890.00000000012300", "12345678901234567890.00000000012300"},
        CarriedValue{"float8", "0.1", "0.1"}, CarriedValue{"money", "1234.5", "$1,234.50"},
        CarriedValue{"boolean", "true", "true"}, CarriedValue{"boolean", "0", "false"}, CarriedValue{"text", "3", "3"},
        CarriedValue{"varchar(4)", R"("سلام")", "سلام"}, CarriedValue{"text", R"("a\"\\\n 🎉")", "a\"\\\n 🎉"},
        CarriedValue{"char(4)", R"("ab")", "ab"}, CarriedValue{"date", R"("2025-01-02")", "2025-01-02"},
        CarriedValue{"date", R"("2025-01-02T00:00:00")", "2025-01-02"},
        CarriedValue{"timestamp", R"("2025-01-02T03:04:05.123")", "2025-01-02 03:04:05.123"},
        CarriedValue{"timestamptz", R"("2025-01-02T03:04:05.123+03:00")", "2025-01-02 00:04:05.123+00"},
        CarriedValue{"time", R"("03:04:05.5")", "03:04:05.5"}, CarriedValue{"mood", R"("fine")", "fine"},
        CarriedValue{"uuid", R"("00000000-0000-0000-0000-00000000000A")", "00000000-0000-0000-0000-00000000000a"},
        CarriedValue{"jsonb", R"("{\"a\": 1}")", R"({"a": 1})"}, CarriedValue{"json", R"("{\"a\": 1}")", R"({"a": 1})"},
        CarriedValue{"bytea", R"("0x00FF")", R"(\x00ff)"}));

struct UnfitValue {
    const char* type;
    const char* json;
    const char* code;
};

class UnfitValues : public ForwardSinks, public testing::WithParamInterface<UnfitValue> {};

TEST_P(UnfitValues, FailTheirRowAndAreNeverQuoted) {
    const UnfitValue& one = GetParam();
    create_items(one.type);
    ASSERT_TRUE(prepare());

    const auto applied = try_apply({item(2, R"({"days":1})"), item_with(one.json)});

    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().disposition, Disposition::row);
    EXPECT_EQ(applied.error().code, std::string{"sqlstate "} + one.code);
    EXPECT_THAT(applied.error().text,
                AllOf(HasSubstr("cannot write public.items for stream items"), Not(HasSubstr("secret"))));
    EXPECT_EQ(rows(), "0");
    EXPECT_EQ(changed_by({item(2, R"({"days":1})")}), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    OfType, UnfitValues,
    testing::Values(UnfitValue{"varchar(5)", R"("secret")", "22001"}, UnfitValue{"int", "99999999999", "22003"},
                    UnfitValue{"int", R"("secret")", "22P02"}, UnfitValue{"date", R"("secret")", "22007"},
                    UnfitValue{"text NOT NULL DEFAULT 'x'", "null", "23502"},
                    UnfitValue{"text CHECK (body <> 'secret')", R"("secret")", "23514"},
                    UnfitValue{"text UNIQUE REFERENCES items (body) CHECK (id = 2)", "5", "23514"}));

TEST_F(ForwardSinks, NameTheConstraintThatRefusesARow) {
    create_items("text CONSTRAINT body_is_short CHECK (length(body) < 3)");
    ASSERT_TRUE(prepare());

    EXPECT_THAT(try_apply({item_with(R"("long")")}).error().text, HasSubstr("a check refused a row (body_is_short)"));
}

TEST_F(ForwardSinks, TellTriggersWhoWrites) {
    create_items();
    sql().execute(
        "CREATE TABLE seen (origin text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO seen VALUES (current_setting('reverse_sync.origin', true)); RETURN NULL; END $$;"
        "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON items FOR EACH ROW EXECUTE FUNCTION note()");
    ASSERT_TRUE(prepare());

    ASSERT_EQ(changed_by({item_with("1")}), 1U);
    ASSERT_EQ(changed_by({item_with("2")}), 1U);
    ASSERT_EQ(changed_by({item(1, "")}), 1U);

    EXPECT_EQ(sql().value("SELECT string_agg(origin, ' ') FROM seen"), "sqlserver sqlserver sqlserver");
}

TEST_F(ForwardSinks, DoNotMoveTheGeneratorOfKeys) {
    create_items("text", "int GENERATED ALWAYS AS IDENTITY");
    ASSERT_TRUE(prepare());

    EXPECT_EQ(changed_by({item(7, R"({"body":"x"})")}), 1U);

    EXPECT_EQ(sql().value("INSERT INTO items (body) VALUES ('theirs') RETURNING id"), "1");
}

// An insert would need `body`, an update does not.
TEST_F(ForwardSinks, UpdateByAnItemThatWouldNotDoForAnInsert) {
    create_items("text NOT NULL");
    sql().execute("INSERT INTO items (id, body, days) VALUES (1, 'kept', 1)");
    ASSERT_TRUE(prepare());

    EXPECT_EQ(changed_by({item(1, R"({"days":2})")}), 1U);

    EXPECT_EQ(body(), "kept");
}

TEST_F(ForwardSinks, ApplyAThousandRowsAtOnce) {
    create_items();
    ASSERT_TRUE(prepare());
    std::vector<const QueueItem*> items;
    for (int key = 1; key <= 1000; ++key) {
        items.push_back(item(key, fmt::format(R"({{"body":"text {0}","days":{0}}})", key)));
    }

    EXPECT_EQ(changed_by(items), 1000U);
    EXPECT_EQ(sql().value("SELECT count(*) FROM items WHERE body = 'text ' || id AND days = id"), "1000");
    EXPECT_EQ(changed_by(items), 0U);
}

TEST_F(ForwardSinks, LeaveALockedRowForLater) {
    create_items();
    sql().execute("INSERT INTO items (id, body) VALUES (1, 'before')");
    connect(conninfo(), std::chrono::milliseconds{50});
    ASSERT_TRUE(prepare());
    Client portal = another_client();
    portal.execute("BEGIN; UPDATE items SET days = 5");

    const auto applied = try_apply({item_with(R"("after")"), item(2, R"({"body":"other"})")});

    EXPECT_EQ(applied.value().held_up.value().code, "sqlstate 55P03");
    EXPECT_EQ(rows(), "1");
    portal.execute("ROLLBACK");
    EXPECT_EQ(changed_by({item_with(R"("after")")}), 1U);
}

TEST_F(ForwardSinks, SayThatLessMayDoWhenItAllTakesTooLong) {
    create_items();
    sql().execute(
        "CREATE FUNCTION think() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;"
        "CREATE TRIGGER think BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION think()");
    connect(conninfo(), std::chrono::seconds{10}, std::chrono::milliseconds{500});
    ASSERT_TRUE(prepare());
    std::vector<const QueueItem*> items;
    for (int key = 1; key <= 50; ++key) {
        items.push_back(item(key, R"({"body":"slow"})"));
    }

    EXPECT_EQ(try_apply(items).value().held_up.value().code, "sqlstate 57014");
    EXPECT_EQ(changed_by({items.front()}), 1U);
}

TEST_F(ForwardSinks, SeeTheEditThatTheyHadToWaitFor) {
    create_items();
    sql().execute("INSERT INTO items (id, body, days) VALUES (1, 'before', 1)");
    connect(conninfo(), std::chrono::seconds{10});
    ASSERT_TRUE(prepare());
    Client portal = another_client();
    portal.execute("BEGIN; UPDATE items SET days = 5");
    std::thread commits_once_the_sink_waits{[this, &portal] {
        Client observer = another_client();
        while (observer.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname ="
                              " current_database()") == "0") {
            std::this_thread::yield();
        }
        portal.execute("COMMIT");
    }};

    const auto applied = try_apply({item(1, R"({"body":"after","days":3})")});
    commits_once_the_sink_waits.join();

    ASSERT_TRUE(applied);
    EXPECT_EQ(sql().value("SELECT body || days FROM items"), "after5");
}

TEST_F(ForwardSinks, AreInDoubtWhenTheConnectionEndsAtTheCommit) {
    create_items();
    sql().execute(
        "INSERT INTO items (id, body) VALUES (1, 'before');"
        "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER break_off AFTER UPDATE ON items DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION break_off()");
    for (const bool reads_back : {true, false}) {
        reads_back_ = reads_back;
        ASSERT_TRUE(prepare());
        const auto applied = try_apply({item_with(R"("after")")});
        ASSERT_FALSE(applied);
        EXPECT_EQ(applied.error().disposition, Disposition::in_doubt);
        EXPECT_TRUE(applied.error().connection_lost);
    }
    sql().execute("DROP TRIGGER break_off ON items");
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item_with(R"("after")")}), 1U);
}

TEST_F(ForwardSinks, AreNotInDoubtWhenTheConnectionEndsBeforeTheCommit) {
    create_items();
    ASSERT_TRUE(prepare());
    end_connections_of_the_sink();

    const auto applied = try_apply({item_with("1")});

    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().disposition, Disposition::retry);
    EXPECT_TRUE(applied.error().connection_lost);
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item_with("1")}), 1U);
}

// A new connection would take COMMIT without a word.
TEST_F(ForwardSinks, DoNotCommitOnAnotherConnection) {
    create_items();
    sql().execute("INSERT INTO items (id, body) VALUES (1, 'before')");
    ASSERT_TRUE(prepare());

    const auto applied = try_apply({item_with(R"("after")")}, [this] { end_connections_of_the_sink(); });

    ASSERT_EQ(echoes_.size(), 1U);
    ASSERT_FALSE(applied);
    EXPECT_TRUE(applied.error().connection_lost);
    EXPECT_EQ(body(), "before");
}

TEST_F(ForwardSinks, CommitNothingThatMayNotBeCommitted) {
    create_items();
    for (const bool reads_back : {true, false}) {
        reads_back_ = reads_back;
        ASSERT_TRUE(prepare());
        allowed_ = Error{Disposition::retry, "", "no longer"};

        const auto applied = try_apply({item_with(R"("first")")});

        ASSERT_FALSE(applied);
        EXPECT_EQ(applied.error().text, "no longer");
        EXPECT_EQ(rows(), "0");
    }
    allowed_ = {};
    EXPECT_EQ(changed_by({item_with(R"("first")")}), 1U) << "on the same connection";
    allowed_ = Error{Disposition::retry, "", "no longer"};
    EXPECT_EQ(changed_by({item_with(R"("first")")}), 0U) << "nothing is committed, and nobody asked";
}

TEST_F(ForwardSinks, LeaveNoTransactionOpenAfterAFailure) {
    create_items("int");
    ASSERT_TRUE(prepare());

    ASSERT_FALSE(try_apply({item_with(R"("no number")")}));

    EXPECT_EQ(sql().value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
                          " AND pid <> pg_backend_pid()"),
              "0");
}

TEST_F(ForwardSinks, NameWhatDoesNotFitAndLookAgain) {
    const auto text_of = [this] {
        const auto prepared = prepare();
        EXPECT_FALSE(prepared);
        return prepared ? std::string{} : prepared.error().text;
    };
    EXPECT_THAT(text_of(), HasSubstr("cannot write public.items for stream items: the table does not exist"));
    sql().execute("CREATE TABLE items (id int PRIMARY KEY, days int)");
    EXPECT_THAT(text_of(), HasSubstr("column body does not exist"));
    sql().execute("ALTER TABLE items ADD body int GENERATED ALWAYS AS (days + 1) STORED");
    EXPECT_THAT(text_of(), HasSubstr("column body is generated; take it out of the mapping"));
    sql().execute("ALTER TABLE items DROP body, ADD body text");
    EXPECT_THAT(text_of(), HasSubstr("cannot read public.items for stream edited items: column updated_at"));
    sql().execute("ALTER TABLE items ADD created_at timestamptz, ADD updated_at timestamptz");
    EXPECT_TRUE(prepare());
}

TEST_F(ForwardSinks, DoWithoutAnOptionalColumn) {
    create_items();
    stream_.columns.push_back(pair("is_read"));
    EXPECT_FALSE(prepare());
    stream_.columns.back().optional = true;
    ASSERT_TRUE(prepare());

    EXPECT_EQ(changed_by({item(1, R"({"body":"x","is_read":true})")}), 1U);
}

TEST_F(ForwardSinks, SayWhichPermissionIsMissing) {
    create_items();
    const std::string role = create_role();
    sql().execute("GRANT SELECT ON items TO " + role);
    connect(conninfo_as(role));
    EXPECT_THAT(prepare().error().text, AllOf(HasSubstr("permission for INSERT is missing"), HasSubstr("GRANT")));
    sql().execute("GRANT INSERT, UPDATE ON items TO " + role);
    EXPECT_THAT(prepare().error().text, HasSubstr("permission for DELETE is missing"));
    sql().execute("GRANT DELETE ON items TO " + role);
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item_with("1")}), 1U);
}

TEST_F(ForwardSinks, WriteNothingThatARowPolicyWouldHide) {
    create_items();
    const std::string role = create_role();
    sql().execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY; GRANT ALL ON items TO " + role);
    connect(conninfo_as(role));
    EXPECT_THAT(prepare().error().text, HasSubstr("row level security"));
    sql().execute("ALTER ROLE " + role + " BYPASSRLS");
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item_with("1")}), 1U);
}

TEST_F(ForwardSinks, LeaveRowsAloneThatTheStreamMayNotInsertUpdateOrDelete) {
    create_items();
    sql().execute("INSERT INTO items (id, body) VALUES (1, 'before')");
    stream_.operations = {.insert = true, .update = false, .remove = false};
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item_with(R"("after")")}), 0U);
    EXPECT_EQ(changed_by({item(1, "")}), 0U);
    EXPECT_EQ(body(), "before");
}

TEST_F(ForwardSinks, RefuseAMissingRowWhereTheStreamDoesNotInsert) {
    create_items();
    stream_.operations = {.insert = false, .update = true, .remove = false};
    ASSERT_TRUE(prepare());

    const auto applied = try_apply({item_with("1")}).value();

    ASSERT_EQ(applied.refused.size(), 1U);
    EXPECT_EQ(applied.refused[0].second.code, "missing");
}

TEST_F(ForwardSinks, FillAColumnOfNewRowsOnlyOnce) {
    create_items();
    stream_.columns[0].insert_only = true;
    ASSERT_TRUE(prepare());
    EXPECT_EQ(changed_by({item(1, R"({"body":"first","days":1})")}), 1U);

    EXPECT_EQ(changed_by({item(1, R"({"body":"second","days":2})")}), 1U);

    EXPECT_EQ(sql().value("SELECT body || days FROM items"), "first2");
}

}  // namespace
}  // namespace revsync::postgres
