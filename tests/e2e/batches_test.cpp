// Of a batch, the doctor's days come in, and nothing else.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Batches = ClinicTest;

TEST_F(Batches, OnlyTheDaysOfEditedOnesArrive) {
    given_sets();
    given_batch(1, 10);
    given_batch(2, 10);
    supabase->exec(
        "UPDATE aligner_batches SET days = 15, notes = 'edited', upper_aligner_count = 99 "
        "WHERE aligner_batch_id = 1");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->rows("SELECT AlignerBatchID, Days, Notes, UpperAlignerCount, BatchSequence "
                        "FROM dbo.tblAlignerBatches ORDER BY AlignerBatchID"),
              (Rows{{"1", "15", "of the lab", "4", "1"}, {"2", "10", "of the lab", "4", "2"}}));
}

TEST_F(Batches, ThatWereNeverEditedAreLeftAlone) {
    given_sets();
    given_batch(1, 10);
    lab->exec("UPDATE dbo.tblAlignerBatches SET Days = 12");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_days(1), "12");
}

TEST_F(Batches, AreNeverInserted) {
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, batch_sequence, days, created_at) "
        "VALUES (7, 1, 1, 10, now() - interval '1 hour')");
    doctor_changes_days(7, 11);
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("⚠️  Parked batches [7]")) << outcome.output;
    EXPECT_EQ(lab->value("SELECT COUNT(*) FROM dbo.tblAlignerBatches"), "0");

    lab->exec(
        "SET IDENTITY_INSERT dbo.tblAlignerBatches ON; INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, "
        "AlignerSetID, UpperAlignerCount, LowerAlignerCount, BatchSequence, Days) VALUES (7, 1, 4, 4, 1, 10); "
        "SET IDENTITY_INSERT dbo.tblAlignerBatches OFF; DELETE FROM dbo.SyncQueue;");  // no edit after the doctor's
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_days(7), "11");
}

TEST_F(Batches, WhoseDaysAreSetToNothingArriveAsNothing) {
    given_sets();
    given_batch(1, 10);
    supabase->exec("UPDATE aligner_batches SET days = NULL WHERE aligner_batch_id = 1");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->rows("SELECT Days FROM dbo.tblAlignerBatches"), (Rows{{std::nullopt}}));
}

}  // namespace
}  // namespace revsync::test
