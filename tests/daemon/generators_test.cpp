#include "generators.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using testing::HasSubstr;

const Generator serial{"public.notes_id_seq", 40, 1, "\"public\".\"notes\"", "\"note_id\""};
const Generator identity{"dbo.Notes.NoteID", 57, 1};

TEST(Generators, TwoThatCountUpwardsCanMeet) {
    const Finding finding = compare_generators("notes", serial, identity);
    EXPECT_EQ(finding.level, Finding::Level::warning);
    EXPECT_THAT(finding.text, HasSubstr("public.notes_id_seq stands at 40, dbo.Notes.NoteID at 57"));
    EXPECT_THAT(finding.fix,
                HasSubstr("ALTER SEQUENCE public.notes_id_seq INCREMENT BY -1 MINVALUE -2147483648 MAXVALUE "
                          "-1 START WITH -1 RESTART WITH -1;"));
}

TEST(Generators, TheFixBeginsBelowTheNumbersThatAreThere) {
    EXPECT_THAT(compare_generators("notes", serial, identity).fix,
                HasSubstr("BEGIN; ALTER SEQUENCE public.notes_id_seq INCREMENT BY -1 MINVALUE -2147483648 MAXVALUE -1 "
                          "START WITH -1 RESTART WITH -1; SELECT setval('public.notes_id_seq', "
                          "least(min(\"note_id\"), 0) - 1, false) FROM \"public\".\"notes\"; COMMIT;"));
}

TEST(Generators, OddAndEvenNumbersStillMeetBecauseAnIdentityFollowsExplicitNumbers) {
    const Generator odd{"s", 41, 2};
    const Generator even{"t", 58, 2};
    EXPECT_EQ(compare_generators("notes", odd, even).level, Finding::Level::warning);
}

TEST(Generators, OppositeDirectionsNeverMeet) {
    const Generator downwards{"public.notes_id_seq", -3, -1};
    EXPECT_EQ(compare_generators("notes", downwards, identity).level, Finding::Level::good);
}

TEST(Generators, OppositeDirectionsThatRunTowardsEachOtherMeet) {
    const Generator downwards{"public.notes_id_seq", 1000, -1};
    EXPECT_EQ(compare_generators("notes", downwards, identity).level, Finding::Level::warning);
}

TEST(Generators, AnIdentityThatCountsDownwardsLeavesTheSequenceUpwards) {
    const Generator down{"dbo.Notes.NoteID", 5, -1};
    const Generator also_down{"public.notes_id_seq", -9, -1};
    EXPECT_THAT(compare_generators("notes", also_down, down).fix, HasSubstr("INCREMENT BY 1 MINVALUE 1"));
}

}  // namespace
}  // namespace revsync
