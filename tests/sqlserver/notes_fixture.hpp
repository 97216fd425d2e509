// Tables shaped like the clinic's, of the test's own, and a sink that writes to them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sqlserver/sink.hpp"
#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver::test {

class NotesTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (!session) {
            return;
        }
        drop();
        sql("CREATE TABLE dbo.revsync_sets (SetID int NOT NULL PRIMARY KEY); INSERT INTO dbo.revsync_sets VALUES (1), "
            "(2);");
        sql("CREATE TABLE dbo.revsync_notes (NoteID int IDENTITY(1,1) NOT NULL PRIMARY KEY, "
            "SetID int NOT NULL CONSTRAINT FK_revsync_notes FOREIGN KEY REFERENCES dbo.revsync_sets (SetID), "
            "NoteType varchar(20) COLLATE Arabic_CI_AS NOT NULL, NoteText nvarchar(max) COLLATE Arabic_CI_AS NOT NULL, "
            "Title nvarchar(10) COLLATE Arabic_CI_AS NULL, CreatedAt datetime NULL, IsRead bit NOT NULL DEFAULT 1);");
        sql("CREATE TABLE dbo.revsync_fired (Kind varchar(10) NOT NULL, Rows int NOT NULL);");
        sql("CREATE TRIGGER dbo.revsync_notes_written ON dbo.revsync_notes AFTER INSERT, UPDATE, DELETE AS "
            "BEGIN SET NOCOUNT ON; INSERT INTO dbo.revsync_fired SELECT "
            "CASE WHEN EXISTS (SELECT 1 FROM inserted) AND EXISTS (SELECT 1 FROM deleted) THEN 'update' "
            "WHEN EXISTS (SELECT 1 FROM inserted) THEN 'insert' ELSE 'delete' END, "
            "(SELECT COUNT(*) FROM inserted) + (SELECT COUNT(*) FROM deleted); END;");
        pool = std::make_unique<Pool>(settings, 2);
        sink = create_sink(*pool, {.time_zone = "Arabic Standard Time"});
    }

    void TearDown() override {
        pool.reset();
        if (session) {
            drop();
        }
    }

    void drop() {
        for (const char* table : {"revsync_notes", "revsync_sets", "revsync_fired"}) {
            sql(fmt::format("DROP TABLE IF EXISTS dbo.{};", table));
        }
    }

    static Stream notes() {
        Stream stream;
        stream.name = "notes";
        stream.target = {"dbo", "revsync_notes"};
        stream.key = {{"note_id", "NoteID"}};
        stream.columns = {{"set_id", "SetID", Owner::supabase, false, {}},
                          {"note_type", "NoteType", Owner::supabase, false, {}},
                          {"note_text", "NoteText", Owner::supabase, false, {}},
                          {"title", "Title", Owner::supabase, false, {}},
                          {"created_at", "CreatedAt", Owner::supabase, false, {}},
                          {"is_read", "IsRead", Owner::sqlserver, true, "0"}};
        stream.owned_rows = RowOwnership{"NoteType", "Doctor"};
        stream.operations = {.insert = true, .update = true, .remove = true};
        return stream;
    }

    struct Note {
        int id = 1;
        int set = 1;
        std::string text = "text";  // as it stands in JSON, escaped
        std::string title = "t";
        std::string created = "\"2025-01-21T14:00:00.000123+00:00\"";
    };

    static Change upsert(const Note& note) {
        return {fmt::format("[{}]", note.id),
                {},
                Operation::upsert,
                fmt::format(R"({{"NoteID":{},"SetID":{},"NoteType":"Doctor","NoteText":"{}","Title":"{}",)"
                            R"("CreatedAt":{},"IsRead":0}})",
                            note.id, note.set, note.text, note.title, note.created)};
    }
    static Change removal(int id) { return {fmt::format("[{}]", id), {}, Operation::remove, ""}; }

    Result<Applied> apply(const std::vector<Change>& changes) { return run(context, sink->apply(stream, changes)); }

    // The same, expected to succeed.
    Applied applied(const std::vector<Change>& changes) {
        auto result = apply(changes);
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result ? *result : Applied{};
    }

    Result<void> prepare() {
        const auto results = run(context, sink->prepare({&stream}));
        return results ? results->at(0) : results.error();
    }

    std::optional<std::string> note(const std::string& column, int id = 1) {
        return value(fmt::format("SELECT {} FROM dbo.revsync_notes WHERE NoteID = {};", column, id));
    }
    std::string fired() {
        std::string all;
        const auto results = sql("SELECT Kind, Rows FROM dbo.revsync_fired;");
        for (const auto& row : results.at(0)) {
            all += fmt::format("{}{} {}", all.empty() ? "" : ", ", row[0].value_or(""), row[1].value_or(""));
        }
        return all;
    }

    Stream stream = notes();
    std::unique_ptr<Pool> pool;
    std::unique_ptr<Sink> sink;
};

}  // namespace revsync::sqlserver::test
