// Text must arrive as it was written, whatever it holds.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "sqlserver/notes_fixture.hpp"

namespace revsync::sqlserver {
namespace {

std::string escaped(const std::string& text) {
    const std::string quoted = boost::json::serialize(boost::json::value(text));
    return quoted.substr(1, quoted.size() - 2);
}

class SinkText : public test::NotesTest {
protected:
    // What arrives for a text that was sent.
    std::optional<std::string> arrives(const std::string& text) {
        applied({upsert({.text = escaped(text)})});
        return note("NoteText");
    }
};

TEST_F(SinkText, KeepsEveryAlphabet) {
    for (const std::string text : {"مرحبا، كيف الحال؟", "بەخێربێیت ڕۆژباش", "😀👩‍⚕️🦷", "naïve ﬁn"}) {
        EXPECT_EQ(arrives(text), text);
    }
}

TEST_F(SinkText, KeepsQuotesAndControlCharacters) {
    for (const std::string text :
         {"O'Neil said \"no\"", "back\\slash /", "line\r\nline\ttab", "'; DROP TABLE x; --", "{[\"#op\"]}"}) {
        EXPECT_EQ(arrives(text), text);
    }
}

TEST_F(SinkText, KeepsEmptyTextEmpty) {
    EXPECT_EQ(arrives(""), "");
}

TEST_F(SinkText, KeepsALongText) {
    std::string text;
    while (text.size() < 1024 * 1024) {
        text += "تقرير 😀 ";
    }
    EXPECT_TRUE(arrives(text) == text) << "a long text came back changed";
}

TEST_F(SinkText, NoticesAnEditOfLetterCaseOnly) {
    arrives("abc");
    EXPECT_EQ(applied({upsert({.text = "ABC"})}).updated, 1U);
    EXPECT_EQ(note("NoteText"), "ABC");
}

TEST_F(SinkText, NoticesAnEditOfTrailingBlanksOnly) {
    arrives("abc");
    EXPECT_EQ(applied({upsert({.text = "abc "})}).updated, 1U);
    EXPECT_EQ(note("NoteText"), "abc ");
}

TEST_F(SinkText, NoticesAnEditOfOneAccentOnly) {
    arrives("resume");
    EXPECT_EQ(applied({upsert({.text = "résumé"})}).updated, 1U);
}

}  // namespace
}  // namespace revsync::sqlserver
