#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/harness/daemon.hpp"
#include "support/harness/sqlserver_database.hpp"
#include "support/harness/supabase_database.hpp"

namespace revsync::test {

// The clinic: both databases with their real tables, and the daemon between them, not yet started, which carries from
// Supabase to SQL Server alone (forward_test.hpp has both directions). After every test
// all that the daemon printed and wrote is searched for passwords and for the text of every note.
class ClinicTest : public testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    // The same parents on both sides: aligner sets 1, 2, 3 … up to `count`.
    void given_sets(int count = 1);
    void given_sets_in_supabase(int first, int last);
    void given_sets_in_lab(int first, int last);
    // The same batch on both sides as the forward direction leaves it, created an hour ago and never edited since.
    void given_batch(int batch, int days);

    // A doctor's new note in Supabase; its number.
    int doctor_writes(const std::string& text, int set = 1);
    // `count` notes of set 1, committed together.
    void doctor_writes_many(int count);
    // The portal's edit: new text, is_edited, edited_at.
    void doctor_edits(int note, const std::string& text);
    void doctor_changes_days(int batch, int days);
    void lab_writes(int note, const std::string& text, int set = 1);

    // The text of a note in SQL Server, "(none)" when there is no such note.
    std::string lab_text(int note);
    std::string lab_days(int batch);
    long lab_doctor_notes();
    long activity_flags();

    // Every Doctor note in Supabase is in SQL Server with the same set, text and edit mark, and no other is.
    void expect_same_notes();
    // Each Doctor note in SQL Server raised the practice's attention exactly once.
    void expect_one_flag_per_note();

    std::unique_ptr<SupabaseDatabase> supabase;
    std::unique_ptr<SqlServerDatabase> lab;
    std::unique_ptr<Daemon> daemon;
    std::vector<std::string> secrets;  // what must not be found anywhere

private:
    void remember(const std::string& text);
};

// A run that did all it had to do: exit code 0, no failure, no warning.
MATCHER(Succeeded, "succeeds") {
    *result_listener << "exit code " << arg.exit_code << ", output:\n" << arg.output;
    return arg.exit_code == 0 && !arg.says("❌") && !arg.says("⚠️");
}

// A run that ended with this exit code and has a line that holds both texts.
MATCHER_P3(FailedSaying, exit_code, text, more, "") {
    *result_listener << "exit code " << arg.exit_code << ", output:\n" << arg.output;
    for (const std::string& line : arg.lines_with(text)) {
        if (arg.exit_code == exit_code && line.find(more) != std::string::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace revsync::test
