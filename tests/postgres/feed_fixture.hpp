#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "postgres/database.hpp"
#include "postgres/feed.hpp"
#include "postgres/run.hpp"

namespace revsync::postgres {

inline constexpr const char* early = "2025-01-01T00:00:00.000000Z";

inline Cursor since(std::string_view time) {
    return {Timestamp::parse(time).value(), std::nullopt};
}
inline Cursor behind(const Page& page) {
    return {page.changes.back().changed_at, page.changes.back().key};
}

inline std::vector<std::string> keys_of(const Page& page) {
    std::vector<std::string> keys;
    for (const Change& change : page.changes) {
        keys.push_back(change.key);
    }
    return keys;
}

// A stream over a table `items`, key `id`, text column `body`, changed at `changed`.
inline Stream items_stream() {
    Stream stream;
    stream.name = "items";
    stream.source = {"public", "items"};
    stream.target = {"dbo", "Items"};
    stream.key = {{"id", "ID"}};
    stream.columns = {{"body", "Body", Owner::supabase, false, {}}};
    stream.changed_at = {"changed"};
    return stream;
}

// Of the rows that are present, in the order asked for.
inline std::vector<Key> keys_of(const RowReadings& rows) {
    std::vector<Key> keys;
    for (const Result<RowReading>& row : rows) {
        if (row && row->presence == RowReading::Presence::present) {
            keys.push_back(row->change.key);
        }
    }
    return keys;
}

// A feed on a database of the test's own.
class FeedTest : public DatabaseTest {
protected:
    void create_items(const std::string& id_type = "int") {
        sql().execute("CREATE TABLE items (id " + id_type + " PRIMARY KEY, body text, changed timestamptz)");
    }

    std::unique_ptr<Feed> feed() { return create_feed(settings(conninfo())); }
    std::unique_ptr<Feed> feed_as(const std::string& role) { return create_feed(settings(conninfo_as(role))); }
    FeedSettings settings(Conninfo conninfo) const {
        FeedSettings settings;
        settings.conninfo = std::move(conninfo);
        return settings;
    }

    Result<PollReading> poll(Feed& feed, std::vector<PageRequest> pages) {
        return run(context_, feed.begin_poll(std::move(pages)));
    }
    Page first_page(Feed& feed, const Stream& stream, Cursor after, std::size_t limit) {
        return poll(feed, {{&stream, std::move(after), limit}}).value().pages.at(0).value();
    }
    RowReadings rows_by_key(Feed& feed, const Stream& stream, std::vector<Key> keys) {
        return run(context_, feed.read_rows({{&stream, std::move(keys)}})).value().at(0).value();
    }
    Page next_page(Feed& feed, const Stream& stream, Cursor after, std::size_t limit) {
        return run(context_, feed.read_page({&stream, std::move(after), limit})).value();
    }
    // Everything behind `after`, in pages of `limit`, and how many pages it took.
    std::pair<std::vector<std::string>, std::size_t> read_all(Feed& feed, const Stream& stream, Cursor after,
                                                              std::size_t limit) {
        std::vector<std::string> keys;
        Page page = first_page(feed, stream, std::move(after), limit);
        for (std::size_t pages = 1;; ++pages) {
            const std::vector<std::string> more = keys_of(page);
            keys.insert(keys.end(), more.begin(), more.end());
            if (!page.more) {
                return {keys, pages};
            }
            page = next_page(feed, stream, behind(page), limit);
        }
    }

    boost::asio::io_context context_;
};

}  // namespace revsync::postgres
