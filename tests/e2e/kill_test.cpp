// kill -9 at any moment.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>
#include <random>

#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Kill = ClinicTest;

constexpr unsigned seed = 20250121;
constexpr int kills = 100;

TEST_F(Kill, AtAHundredRandomMomentsOfALargeCatchUpLosesNothingAndDoublesNothing) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "25");
    doctor_writes_many(20'000);
    std::cout << "seed " << seed << "\n";
    std::mt19937 random{seed};
    std::uniform_int_distribution<int> moment{0, 150};
    std::uniform_int_distribution<int> batches{1, 3};
    int in_the_middle = 0;
    for (int count = 0; count < kills; ++count) {
        const long before = lab_doctor_notes();
        Process& service = daemon->start();
        // Every other one is killed among its batches, however slow the machine is; the others anywhere from the start.
        for (int left = count % 2 == 0 ? batches(random) : 0; left > 0; --left) {
            service.wait_for("✅ Synced 25/25 notes");
        }
        service.ended_within(std::chrono::milliseconds{moment(random)} / (count % 2 == 0 ? 5 : 1));
        daemon->kill();
        const long after = lab_doctor_notes();
        in_the_middle += after > before && after < std::stol(supabase->value("SELECT count(*) FROM aligner_notes"));
        const std::string state = daemon->state();
        if (!state.empty()) {
            ASSERT_NO_THROW(static_cast<void>(boost::json::parse(state))) << state;
        } else {
            ASSERT_FALSE(std::filesystem::exists(daemon->state_file()));
        }
    }
    std::cout << in_the_middle << " of " << kills << " kills fell into a run that had applied rows\n";
    EXPECT_GT(in_the_middle, kills / 4);
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "2000");
    EXPECT_EQ(daemon->once().exit_code, 0);
    expect_same_notes();
    expect_one_flag_per_note();
}

}  // namespace
}  // namespace revsync::test
