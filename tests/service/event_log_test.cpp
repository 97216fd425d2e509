#include "service/event_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

TEST(EventText, KeepsTheWordsOfTheLog) {
    EXPECT_EQ(event_text("✅ Synced 5/5 notes (0 errors)"), u"✅ Synced 5/5 notes (0 errors)");
    EXPECT_EQ(event_text("📝 مەلا"), u"📝 مەلا");
}

TEST(EventText, LeavesNoPlaceToFillIn) {
    EXPECT_EQ(event_text("fe80::1%2"), u"fe80::1% 2");
    EXPECT_EQ(event_text("%%1"), u"% % 1");
    EXPECT_EQ(event_text("100 % of %d, 5%"), u"100 % of %d, 5%");
}

TEST(EventText, IsCutAtTheLimitOfTheEventLog) {
    EXPECT_EQ(event_text(std::string(event_text_limit, 'a')).size(), event_text_limit);
    const std::u16string cut = event_text(std::string(event_text_limit + 1, 'a'));
    EXPECT_EQ(cut.size(), event_text_limit);
    EXPECT_EQ(cut.back(), u'…');
}

TEST(EventText, IsNeverCutWithinACharacter) {
    std::string line(event_text_limit - 2, 'a');
    const std::u16string cut = event_text(line + "📝📝");
    EXPECT_EQ(cut, event_text(line) + u"…");
}

TEST(EventText, ReplacesWhatIsNoUtf8) {
    EXPECT_EQ(event_text("a\xFF"), u"a\uFFFD");
}

TEST(EventIdOf, FollowsTheLevel) {
    EXPECT_EQ(event_id(Level::debug), EventId::information);
    EXPECT_EQ(event_id(Level::info), EventId::information);
    EXPECT_EQ(event_id(Level::warning), EventId::warning);
    EXPECT_EQ(event_id(Level::error), EventId::error);
}

}  // namespace
}  // namespace revsync
