#include "http/binding.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

namespace revsync::http {
namespace {

using testing::HasSubstr;

class Binding : public testing::Test {
protected:
    std::string error_of(const std::string& host, std::uint16_t port) {
        const auto bound = bind_listeners(io.get_executor(), host, port);
        if (bound) {
            return "bound";
        }
        EXPECT_EQ(bound.error().disposition, Disposition::configuration);
        return bound.error().text;
    }
    bool has_ipv6() { return error_of("::1", 0) == "bound"; }

    boost::asio::io_context io;
};

TEST_F(Binding, ListensOnEveryAddressOfAName) {
    const auto bound = bind_listeners(io.get_executor(), "localhost", 0);
    ASSERT_TRUE(bound);
    ASSERT_FALSE(bound->empty());
    for (const auto& acceptor : *bound) {
        EXPECT_TRUE(acceptor.local_endpoint().address().is_loopback());
        EXPECT_EQ(acceptor.local_endpoint().port(), bound->front().local_endpoint().port());
    }
}

TEST_F(Binding, TakesIpv6WithAndWithoutBrackets) {
    if (!has_ipv6()) {
        GTEST_SKIP() << "no IPv6 here";
    }
    EXPECT_EQ(error_of("[::1]", 0), "bound");
    EXPECT_EQ(error_of("::", 0), "bound");
}

TEST_F(Binding, SaysThatThePortIsTaken) {
    const auto bound = bind_listeners(io.get_executor(), "127.0.0.1", 0);
    ASSERT_TRUE(bound);
    const std::uint16_t port = bound->front().local_endpoint().port();
    EXPECT_THAT(error_of("127.0.0.1", port),
                testing::AllOf(HasSubstr(fmt::format("HOST 127.0.0.1 PORT {}", port)), HasSubstr("another PORT")));
}

TEST_F(Binding, SaysThatTheAddressIsAnotherMachines) {
    EXPECT_THAT(error_of("192.0.2.1", 0), HasSubstr("no such address"));
}

TEST_F(Binding, SaysThatTheNameIsUnknown) {
    EXPECT_THAT(error_of("no-such-host.invalid", 0), HasSubstr("HOST no-such-host.invalid cannot be resolved"));
}

#ifndef _WIN32
TEST_F(Binding, ADuplicateTakesWhoCameAfterTheFirstHandleWasClosed) {
    auto bound = bind_listeners(io.get_executor(), "127.0.0.1", 0);
    ASSERT_TRUE(bound);
    auto copies = duplicates(*bound);
    ASSERT_EQ(copies.size(), 1U);
    const auto endpoint = bound->front().local_endpoint();
    bound->clear();
    boost::asio::ip::tcp::socket caller{io};
    caller.connect(endpoint);
    EXPECT_EQ(copies.front().accept().remote_endpoint(), caller.local_endpoint());
}

TEST_F(Binding, NothingIsDuplicatedOfWhatIsClosed) {
    auto bound = bind_listeners(io.get_executor(), "127.0.0.1", 0);
    ASSERT_TRUE(bound);
    bound->front().close();
    EXPECT_TRUE(duplicates(*bound).empty());
}
#endif

}  // namespace
}  // namespace revsync::http
