#include "sqlserver/isolated_page.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver {
namespace {

using testing::ElementsAre;

// A queue of items 1 to 8, of which some cannot be read.
struct Items {
    boost::asio::awaitable<Result<QueuePage>> read(std::int64_t after, std::size_t limit, bool reread) {
        ++reads;
        QueuePage page;
        for (auto id = after + 1; id <= 8 && page.items.size() < limit; ++id) {
            if (reread && broken.contains(id)) {
                co_return Error{Disposition::row, "sqlserver 8134", "division by zero"};
            }
            if (reread && locked.contains(id)) {
                co_return Error{Disposition::retry, "sqlserver 1222", "another session holds a lock for too long"};
            }
            QueueItem item;
            item.id = id;
            page.items.push_back(std::move(item));
        }
        page.more = page.items.size() == limit;
        co_return page;
    }

    // The items' ids in the order of their pages, those with an error negative.
    std::vector<std::int64_t> drain() {
        std::vector<std::int64_t> ids;
        boost::asio::io_context context;
        std::int64_t after = 0;
        for (bool more = true; more;) {
            const PageReader reader = [this, after](std::size_t limit, bool reread) {
                return read(after, limit, reread);
            };
            const auto page = test::run(context, read_isolating(reader, 8));
            for (const auto& item : page.value().items) {
                after = item.id;
                ids.push_back(item.error ? -item.id : item.id);
            }
            more = page->more;
        }
        return ids;
    }

    std::set<std::int64_t> broken;
    std::set<std::int64_t> locked{};
    int reads = 0;
};

TEST(IsolatedPage, ReadsOnceWhenAllCanBeRead) {
    Items items;
    EXPECT_THAT(items.drain(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(items.reads, 2);
}

TEST(IsolatedPage, SetsAsideExactlyWhatCannotBeRead) {
    Items items{{3, 4, 8}};
    EXPECT_THAT(items.drain(), ElementsAre(1, 2, -3, -4, 5, 6, 7, -8));
}

TEST(IsolatedPage, SetsAsideExactlyWhatSomebodyHasLocked) {
    Items items;
    items.locked = {3, 8};
    EXPECT_THAT(items.drain(), ElementsAre(1, 2, -3, 4, 5, 6, 7, -8));
}

TEST(IsolatedPage, GivesUpForWhatIsNoItemsFault) {
    boost::asio::io_context context;
    int reads = 0;
    const PageReader reader = [&reads](std::size_t, bool) -> boost::asio::awaitable<Result<QueuePage>> {
        ++reads;
        co_return Error{Disposition::retry, "", "the connection was lost"};
    };
    EXPECT_EQ(test::run(context, read_isolating(reader, 8)).error().disposition, Disposition::retry);
    EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace revsync::sqlserver
