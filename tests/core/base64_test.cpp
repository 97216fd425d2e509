#include "core/base64.hpp"

#include <gtest/gtest.h>

namespace revsync {
namespace {

// RFC 4648 §10
TEST(Base64, has_the_padding_of_the_rfc) {
    const std::vector<std::pair<std::string, std::string>> vectors{
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(encode_base64(bytes), text);
        EXPECT_EQ(decode_base64(text), bytes);
    }
    EXPECT_EQ(decode_base64("+/8A"), std::string("\xfb\xff\0", 3));
}

TEST(Base64, takes_nothing_that_it_would_not_have_written) {
    for (const auto* text :
         {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", " Zg==", "Zg==\n", "Zm 9v", "-_8A", "Zm9v====",
          "Zm\x80"
          "9"}) {
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace revsync
