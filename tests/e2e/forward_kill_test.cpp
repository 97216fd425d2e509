// kill -9 at any moment of a drain.
#include <fmt/format.h>

#include <iostream>
#include <random>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

class ForwardKill : public ForwardTest {
protected:
    // Notes every write to a note or a batch in Supabase, whoever does it.
    void given_witness_in_supabase() {
        supabase->exec(
            "CREATE TABLE witness (written text);"
            "CREATE FUNCTION bear_witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
            "INSERT INTO public.witness VALUES (TG_TABLE_NAME || (to_jsonb(NEW) ->> TG_ARGV[0])); RETURN NULL; END $$;"
            "CREATE TRIGGER bear_witness AFTER INSERT OR UPDATE ON aligner_notes FOR EACH ROW EXECUTE FUNCTION "
            "bear_witness('note_id');"
            "CREATE TRIGGER bear_witness AFTER INSERT OR UPDATE ON aligner_batches FOR EACH ROW EXECUTE FUNCTION "
            "bear_witness('aligner_batch_id')");
    }
    std::string rows_written() { return supabase->value("SELECT count(DISTINCT written) FROM witness"); }
    std::string writes() { return supabase->value("SELECT count(*) FROM witness"); }

    // Kills daemons one after another; how many of them had settled items and left some.
    int kill_in_drains(int kills) {
        int in_the_middle = 0;
        for (int count = 0; count < kills; ++count) {
            const long before = queued("synced");
            Process& service = daemon->start();
            // Every other one is killed among its pages, however slow the machine is.
            if (count % 2 == 0) {
                service.wait_for("Supabase's clock");
            }
            service.ended_within(std::chrono::milliseconds{moment_(random_)} / (count % 2 == 0 ? 1 : 4));
            daemon->kill();
            in_the_middle += queued("synced") > before && queued("pending") > 0;
        }
        return in_the_middle;
    }
    void finish() {
        EXPECT_EQ(daemon->once().exit_code, 0);
        EXPECT_EQ(queued("pending"), 0);
        EXPECT_EQ(queued("failed"), 0);
        EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue WHERE Attempts > 0"), 0);
    }

    static constexpr unsigned seed = 20250121;

private:
    std::mt19937 random_{seed};
    std::uniform_int_distribution<int> moment_{0, 1200};
};

constexpr int kills = 50;  // of each kind
constexpr int notes = 10'000;
constexpr int batches = 5'000;

TEST_F(ForwardKill, AtAHundredRandomMomentsOfADrainLosesNothingAndWritesNothingTwice) {
    std::cout << "seed " << seed << "\n";
    given_sets();
    given_lab_batches(batches, 10);
    daemon->set("LOG_LEVEL", "debug");
    finish();
    given_witness_in_supabase();

    daemon->set("FORWARD_SYNC_PAGE_SIZE", "20");
    lab_writes_many(1, notes);
    const int among_inserts = kill_in_drains(kills);
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "1000");
    finish();
    EXPECT_EQ(
        supabase->value(
            "SELECT count(*) FROM aligner_notes WHERE note_text = 'an ordinary note of the lab, number ' || note_id"),
        std::to_string(notes));
    EXPECT_EQ(writes(), std::to_string(notes)) << "a note that had been committed was written again";

    // An update leaves an echo, which a daemon that is killed between its steps must know of.
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "20");
    lab->exec("UPDATE dbo.tblAlignerBatches SET Days = 20");
    lab->exec("UPDATE dbo.tblAlignerBatches SET Notes = N'changed by the lab'");
    given_witnesses();
    const int among_updates = kill_in_drains(kills);
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "1000");
    finish();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_batches WHERE days = 20 AND notes = 'changed by the lab'"),
              std::to_string(batches));
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.tblAlignerBatches WHERE Days = 20"), batches);
    EXPECT_EQ(rows_written(), std::to_string(notes + batches));
    EXPECT_EQ(writes(), std::to_string(notes + batches)) << "a batch that had been committed was written again";
    finish();
    EXPECT_EQ(writes(), std::to_string(notes + batches)) << "all was at rest";
    EXPECT_EQ(writing_statements(), 0) << "a write of ours came back as an edit";

    std::cout << among_inserts << " and " << among_updates << " of " << kills
              << " kills fell into a drain that had settled items\n";
    EXPECT_GT(among_inserts, kills / 10);
    EXPECT_GT(among_updates, kills / 10);
}

}  // namespace
}  // namespace revsync::test
