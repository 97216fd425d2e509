// What a doctor writes is what the lab reads, byte for byte.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Text = ClinicTest;

TEST_F(Text, IsIdenticalOnBothSides) {
    given_sets();
    const std::vector<std::string> texts{
        "المريض يحتاج إلى تعديل المحاذاة العلوية",
        "نەخۆشەکە پێویستی بە گۆڕینی ڕێکخەر هەیە",
        "teeth 😀🦷 and family 👨‍👩‍👧‍👦 and flags 🇮🇶",
        "",
        " ",
        "ends with blanks   ",
        "it's \"quoted\" with `ticks`, [brackets] and ]]",
        "Robert'); DROP TABLE dbo.tblAlignerNotes;--",
        "\"},{\"NoteID\":1,\"NoteText\":\"forged\"}",
        "back\\slash \\u0041 \\n and {\"json\": [1, 2]}",
        "line one\nline two\r\nline three\ttab",
        "N'%s %d %n' ; WAITFOR DELAY '0:0:10' /* comment */",
        "e\u0301 is not é, ﷺ and \u200fright to left\u200e",
        "\u0001\u001f control characters",
        "@rows @refused #rows $.\"NoteText\"",
    };
    for (const std::string& text : texts) {
        doctor_writes(text);
    }
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
    EXPECT_EQ(lab_text(4), "");
}

TEST_F(Text, OfOneMegabyteArrivesWhole) {
    given_sets();
    std::string large;
    while (large.size() < 1'000'000) {
        large += "سطر عن المريض 😀 line ";
    }
    doctor_writes(large);
    doctor_writes("a small note behind the large one");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_TRUE(lab_text(1) == large) << "its length is " << lab_text(1).size();
    expect_same_notes();
}

TEST_F(Text, OfManyLargeNotesArrivesInSeveralPages) {
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) "
        "SELECT 1, 'Doctor', repeat('نص كبير ', 25000) || n FROM generate_series(1, 40) n");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(Text, KeepsTheTimesOfANote) {
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at, is_edited, edited_at) "
        "VALUES (1, 'Doctor', 'dated', date_trunc('second', now()) - interval '3 hours', true, "
        "date_trunc('second', now()) - interval '1 hour')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->rows("SELECT CONVERT(varchar(19), CreatedAt, 120), CONVERT(varchar(19), EditedAt, 120) "
                        "FROM dbo.tblAlignerNotes"),
              supabase->rows("SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), "
                             "to_char(edited_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM aligner_notes"));
}

TEST_F(Text, TimesAreLocalWhenDbTimezoneSaysSo) {
    given_sets();
    daemon->set("DB_TIMEZONE", "Arabic Standard Time");
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at) "
        "VALUES (1, 'Doctor', 'dated', date_trunc('second', now()) - interval '2 hours')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT CONVERT(varchar(19), CreatedAt, 120) FROM dbo.tblAlignerNotes"),
              supabase->value("SELECT to_char(created_at AT TIME ZONE 'Asia/Baghdad', 'YYYY-MM-DD HH24:MI:SS') "
                              "FROM aligner_notes"));
}

}  // namespace
}  // namespace revsync::test
