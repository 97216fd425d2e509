// kill -9 at any moment of a drain.
#include <fmt/format.h>

#include <iostream>
#include <random>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

class ForwardKill : public ForwardTest {
protected:
    // Counts what is written to each note in Supabase, whoever does it.
    void given_witness_in_supabase() {
        supabase->exec(
            "CREATE TABLE witness (note_id int);"
            "CREATE FUNCTION bear_witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
            "INSERT INTO public.witness VALUES (NEW.note_id); RETURN NULL; END $$;"
            "CREATE TRIGGER bear_witness AFTER INSERT OR UPDATE ON aligner_notes FOR EACH ROW EXECUTE FUNCTION "
            "bear_witness()");
    }
};

constexpr unsigned seed = 20250121;
constexpr int kills = 100;
constexpr int notes = 20'000;

TEST_F(ForwardKill, AtAHundredRandomMomentsOfADrainLosesNothingAndWritesNothingTwice) {
    given_sets();
    given_witness_in_supabase();
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "20");
    daemon->set("LOG_LEVEL", "debug");
    lab_writes_many(1, notes);
    std::cout << "seed " << seed << "\n";
    std::mt19937 random{seed};
    std::uniform_int_distribution<int> moment{0, 1200};
    int in_the_middle = 0;
    for (int count = 0; count < kills; ++count) {
        const long before = queued("synced");
        Process& service = daemon->start();
        // Every other one is killed among its pages, however slow the machine is.
        if (count % 2 == 0) {
            service.wait_for("Supabase's clock");
        }
        service.ended_within(std::chrono::milliseconds{moment(random)} / (count % 2 == 0 ? 1 : 4));
        daemon->kill();
        const long after = queued("synced");
        in_the_middle += after > before && queued("pending") > 0;
    }
    std::cout << in_the_middle << " of " << kills << " kills fell into a drain that had settled items\n";
    EXPECT_GT(in_the_middle, kills / 10);
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "1000");
    EXPECT_EQ(daemon->once().exit_code, 0);
    EXPECT_EQ(queued("pending"), 0);
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue WHERE Attempts > 0"), 0);
    EXPECT_EQ(
        supabase->value(
            "SELECT count(*) FROM aligner_notes WHERE note_text = 'an ordinary note of the lab, number ' || note_id"),
        std::to_string(notes));
    EXPECT_EQ(supabase->value("SELECT count(*) = count(DISTINCT note_id) FROM witness"), "t")
        << "a note that had been committed was written again";
}

}  // namespace
}  // namespace revsync::test
