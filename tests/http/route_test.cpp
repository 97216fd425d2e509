#include "http/route.hpp"

#include <gtest/gtest.h>

namespace revsync::http {
namespace {

RouteTable two_routes() {
    return RouteTable{{{Verb::get, "/status", Access::control, {}}, {Verb::post, "/hook", Access::webhook, {}}}};
}

TEST(RouteTable, FindsByMethodAndExactPath) {
    const RouteTable table = two_routes();
    ASSERT_NE(table.find(Verb::post, "/hook"), nullptr);
    EXPECT_EQ(table.find(Verb::post, "/hook")->access, Access::webhook);
    EXPECT_EQ(table.find(Verb::post, "/hook/"), nullptr);
    EXPECT_EQ(table.find(Verb::get, "/hook"), nullptr);
}

TEST(RouteTable, LetsGetAnswerHead) {
    EXPECT_NE(two_routes().find(Verb::head, "/status"), nullptr);
    EXPECT_EQ(two_routes().find(Verb::head, "/hook"), nullptr);
}

TEST(RouteTable, NamesTheMethodsThatAPathHas) {
    EXPECT_EQ(two_routes().allowed("/status"), "GET, HEAD");
    EXPECT_EQ(two_routes().allowed("/hook"), "POST");
    EXPECT_EQ(two_routes().allowed("/elsewhere"), "");
}

}  // namespace
}  // namespace revsync::http
