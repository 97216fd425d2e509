// The clinic's tables on the SQL Server that the tests run against, and an ordinary client of theirs.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver::test {

inline std::string content(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

class ClinicTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (!session) {
            return;
        }
        drop_tables();
        expect_good(run_script(content(REVSYNC_CLINIC_TABLES)));
    }

    void TearDown() override {
        if (session) {
            drop_tables();
        }
    }

    void drop_tables() {
        sql("DROP TABLE IF EXISTS dbo.tblAlignerActivityFlags, dbo.tblAlignerNotes, dbo.tblAlignerBatches, "
            "dbo.tblAlignerSets, dbo.tblwork, dbo.tblpatients, dbo.AlignerDoctors, dbo.SyncQueue;");
    }

    // As sqlcmd and Management Studio run it: batch by batch, also behind one that failed. The first failure.
    Result<void> run_script(const std::string& text) {
        auto client = connect();
        Result<void> outcome;
        std::istringstream lines{text};
        std::string batch;
        const auto send = [&] {
            const auto results = client->query(batch);
            if (!results && outcome) {
                outcome = results.error();
            }
            batch.clear();
        };
        for (std::string line; std::getline(lines, line);) {
            if (line == "GO") {
                send();
            } else {
                batch += line + "\n";
            }
        }
        send();
        return outcome;
    }
    static void expect_good(const Result<void>& outcome) {
        EXPECT_TRUE(outcome) << (outcome ? "" : describe(outcome.error()));
    }

    // A client that is not the daemon.
    std::unique_ptr<Session> connect() {
        auto client = Session::connect(settings, never);
        EXPECT_TRUE(client);
        EXPECT_TRUE((*client)->query("EXEC sp_set_session_context N'reverse_sync', NULL;"));
        return std::move(*client);
    }
    void write(const std::string& text) {
        const auto results = connect()->query(text);
        EXPECT_TRUE(results) << text << "\n" << (results ? "" : describe(results.error()));
    }

    // Patient 1 with work 1 and set 1, which has batch 1; patient 2 with work 2, but no set.
    void fill() {
        write(
            "SET IDENTITY_INSERT dbo.AlignerDoctors ON; INSERT INTO dbo.AlignerDoctors (DrID, DoctorName) VALUES (1, "
            "N'D'); SET IDENTITY_INSERT dbo.AlignerDoctors OFF;"
            "SET IDENTITY_INSERT dbo.tblpatients ON; INSERT INTO dbo.tblpatients (PersonID, PatientName) VALUES (1, "
            "N'P'), (2, N'Q'); SET IDENTITY_INSERT dbo.tblpatients OFF;"
            "SET IDENTITY_INSERT dbo.tblwork ON; INSERT INTO dbo.tblwork (workid, PersonID, Typeofwork) VALUES (1, 1, "
            "1), (2, 2, 1); SET IDENTITY_INSERT dbo.tblwork OFF;"
            "SET IDENTITY_INSERT dbo.tblAlignerSets ON; INSERT INTO dbo.tblAlignerSets (AlignerSetID, WorkID, "
            "AlignerDrID) VALUES (1, 1, 1); SET IDENTITY_INSERT dbo.tblAlignerSets OFF;"
            "SET IDENTITY_INSERT dbo.tblAlignerBatches ON; INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, "
            "AlignerSetID, UpperAlignerCount, LowerAlignerCount, BatchSequence, Days) VALUES (1, 1, 10, 8, 1, 7); SET "
            "IDENTITY_INSERT dbo.tblAlignerBatches OFF;");
    }

    std::vector<std::string> rows(const std::string& query) {
        std::vector<std::string> lines;
        const auto results = sql(query);
        for (const Row& row : results.empty() ? ResultSet{} : results.front()) {
            std::string line;
            for (const auto& cell : row) {
                line += (line.empty() ? "" : " ") + cell.value_or("NULL");
            }
            lines.push_back(line);
        }
        return lines;
    }
    void empty_queue() { sql("DELETE FROM dbo.SyncQueue;"); }
    // What was queued since the queue was emptied: "table record OPERATION".
    std::vector<std::string> queued() {
        return rows("SELECT TableName, RecordID, Operation FROM dbo.SyncQueue ORDER BY QueueID;");
    }
    // The enabled triggers.
    std::vector<std::string> triggers() {
        return rows("SELECT r.name FROM sys.triggers AS r WHERE r.is_disabled = 0 ORDER BY r.name;");
    }
};

}  // namespace revsync::sqlserver::test
