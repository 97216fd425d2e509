#include "sync/inbox.hpp"

#include <gmock/gmock.h>

#include "sync/fixture.hpp"

namespace revsync {
namespace {

using memory::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Kind = WebhookEvent::Kind;
using Outcome = Delivery::Outcome;

constexpr const char* notes_table = "tblAlignerNotes";

class InboxTest : public CatchUpTest {
protected:
    void TearDown() override {
        if (inbox_) {
            nothing_fails();
            inbox_->stop();
            settle();
            EXPECT_TRUE(ended_);
        }
    }

    virtual InboxEnds ends() {
        return {&watched_feed, &watched_sink, &catch_up().quarantine(), &catch_up().echoes(), &catch_up().delivered()};
    }

    Inbox& inbox() {
        if (!inbox_) {
            inbox_ = std::make_unique<Inbox>(ends(), gate, clock, log.logger(), mapping, context.get_executor(),
                                             inbox_settings, [this] { ++owed; });
            inbox_->on_batch([this](const InboxReport& report) { batches.push_back(report); });
            boost::asio::co_spawn(context, inbox_->run(), [this](std::exception_ptr thrown) {
                ended_ = true;
                EXPECT_EQ(thrown != nullptr, is_to_fail);
            });
        }
        return *inbox_;
    }

    // Starts a delivery; its answer is there once it has been given.
    std::shared_ptr<std::optional<Delivery>> post(WebhookEvent event) {
        auto answer = std::make_shared<std::optional<Delivery>>();
        boost::asio::co_spawn(context, inbox().deliver(std::move(event)),
                              [answer](std::exception_ptr thrown, Delivery delivery) {
                                  EXPECT_FALSE(thrown);
                                  *answer = std::move(delivery);
                              });
        return answer;
    }

    // Delivers and lets everything happen that needs no time.
    std::optional<Delivery> deliver(WebhookEvent event) {
        const auto answer = post(std::move(event));
        settle();
        return *answer;
    }

    void settle() {
        context.restart();
        context.poll();
    }
    void pass(std::chrono::microseconds time) {
        clock.advance(time);
        settle();
    }

    static WebhookEvent written(std::int64_t id, Kind kind = Kind::insert) {
        return {kind, "public", "aligner_notes", {{"note_id", std::to_string(id)}}, {}};
    }
    static WebhookEvent deleted(std::int64_t id) {
        return {Kind::remove, "public", "aligner_notes", {}, {{"note_id", std::to_string(id)}}};
    }
    static WebhookEvent batch_written(std::int64_t id) {
        return {Kind::update, "public", "aligner_batches", {{"aligner_batch_id", std::to_string(id)}}, {}};
    }

    void erase_note(std::int64_t id) {
        const auto transaction = source.begin();
        source.erase(transaction, "aligner_notes", id);
        source.commit(transaction);
    }
    void lab_note(std::int64_t id) { target.put(notes_table, id, {{"NoteType", "Lab"}, {"NoteText", "the lab's"}}); }
    // A doctor's note on both sides.
    void synced_note(std::int64_t id) {
        note(id, at("13:00:00"));
        ASSERT_EQ(deliver(written(id))->outcome, Outcome::committed);
    }
    // Notes 1 to 3, in one batch.
    void apply_three_together() {
        std::optional<Gate::Hold> held{hold_gate()};
        for (const std::int64_t id : {1, 2, 3}) {
            note(id, at("13:00:00"));
            post(written(id));
        }
        settle();
        held.reset();
        settle();
    }
    bool has_ended() const { return ended_; }
    void forget_inbox() {
        inbox_.reset();
        ended_ = false;
    }
    // The gate is held by somebody else until the returned hold goes.
    Gate::Hold hold_gate() { return finish_hold(gate.enter()); }

    WatchedFeed watched_feed{feed, clock};
    WatchedSink watched_sink{sink, clock};
    InboxSettings inbox_settings;
    int owed = 0;
    std::vector<InboxReport> batches;
    bool is_to_fail = false;  // its run, with an exception

private:
    Gate::Hold finish_hold(boost::asio::awaitable<Gate::Hold> work) {
        std::vector<Gate::Hold> hold;
        boost::asio::co_spawn(context, enter(std::move(work), hold), [](std::exception_ptr) {});
        settle();
        return std::move(hold.at(0));
    }
    static boost::asio::awaitable<void> enter(boost::asio::awaitable<Gate::Hold> work, std::vector<Gate::Hold>& hold) {
        hold.push_back(co_await std::move(work));
    }

    std::unique_ptr<Inbox> inbox_;
    bool ended_ = false;
};

TEST_F(InboxTest, answers_after_the_commit) {
    note(1, at("13:00:00"), "from a doctor");

    const auto delivery = deliver(written(1));

    ASSERT_TRUE(delivery);
    EXPECT_EQ(delivery->outcome, Outcome::committed);
    EXPECT_EQ(text_of(1), "from a doctor");
    EXPECT_EQ(owed, 0);
}

TEST_F(InboxTest, does_not_move_the_cursor) {
    note(1, at("13:00:00"));
    deliver(written(1));

    EXPECT_THAT(disk.state.cursors, IsEmpty());
}

TEST_F(InboxTest, writes_what_supabase_holds_and_not_what_the_webhook_says) {
    note(1, at("13:00:00"), "the truth");
    WebhookEvent forged = written(1);
    forged.record["note_text"] = "\"forged\"";
    forged.record["aligner_set_id"] = "99";

    deliver(std::move(forged));

    EXPECT_EQ(text_of(1), "the truth");
}

TEST_F(InboxTest, ignores_rows_of_no_stream_and_rows_that_are_filtered_out) {
    source.commit_row("aligner_notes", 1, {{"note_type", "Lab"}, {"created_at", at("13:00:00").iso_microseconds()}});

    EXPECT_EQ(deliver({Kind::insert, "public", "patients", {{"person_id", "1"}}, {}})->outcome, Outcome::ignored);
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::ignored);
    EXPECT_THAT(target.rows(notes_table), IsEmpty());
}

TEST_F(InboxTest, rejects_a_webhook_without_its_key) {
    const auto delivery = deliver({Kind::insert, "public", "aligner_notes", {{"note_text", "\"x\""}}, {}});

    EXPECT_EQ(delivery->outcome, Outcome::rejected);
    EXPECT_THAT(delivery->text, HasSubstr("note_id"));
}

TEST_F(InboxTest, rejects_a_key_that_the_table_cannot_have_and_applies_the_others) {
    note(1, at("13:00:00"));
    const auto bad = post({Kind::insert, "public", "aligner_notes", {{"note_id", "\"x\""}}, {}});
    const auto good = post(written(1));
    settle();

    EXPECT_EQ((*bad)->outcome, Outcome::rejected);
    EXPECT_EQ((*good)->outcome, Outcome::committed);
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, rejects_the_removal_of_a_key_that_the_table_cannot_have) {
    const auto delivery = deliver({Kind::remove, "public", "aligner_notes", {}, {{"note_id", "\"x\""}}});

    EXPECT_EQ(delivery->outcome, Outcome::rejected);
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, removes_a_doctors_note_that_was_deleted) {
    synced_note(1);
    erase_note(1);

    EXPECT_EQ(deliver(deleted(1))->outcome, Outcome::committed);

    EXPECT_EQ(text_of(1), "(none)");
}

TEST_F(InboxTest, does_not_remove_a_row_that_supabase_still_has) {
    synced_note(1);

    deliver(deleted(1));

    EXPECT_EQ(text_of(1), "a note");
}

TEST_F(InboxTest, never_removes_a_note_of_the_lab) {
    lab_note(1);

    EXPECT_EQ(deliver(deleted(1))->outcome, Outcome::committed);

    EXPECT_EQ(text_of(1), "the lab's");
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, never_removes_a_batch) {
    edited_batch(1, at("13:00:00"));
    const auto transaction = source.begin();
    source.erase(transaction, "aligner_batches", 1);
    source.commit(transaction);

    EXPECT_EQ(deliver(batch_written(1))->outcome, Outcome::ignored);
    EXPECT_EQ(deliver({Kind::remove, "public", "aligner_batches", {}, {{"aligner_batch_id", "1"}}})->outcome,
              Outcome::ignored);

    EXPECT_TRUE(target.find("tblAlignerBatches", 1));
}

TEST_F(InboxTest, removes_the_row_under_the_key_that_a_row_had_before) {
    synced_note(1);
    erase_note(1);
    note(2, at("13:00:00"), "renumbered");

    deliver({Kind::update, "public", "aligner_notes", {{"note_id", "2"}}, {{"note_id", "1"}}});

    EXPECT_EQ(text_of(1), "(none)");
    EXPECT_EQ(text_of(2), "renumbered");
}

TEST_F(InboxTest, parks_a_row_that_the_target_refuses_and_says_so) {
    note(1, at("13:00:00"), "an orphan", "77");

    const auto delivery = deliver(written(1));

    EXPECT_EQ(delivery->outcome, Outcome::parked);
    EXPECT_THAT(delivery->text, HasSubstr("memory 547"));
    EXPECT_TRUE(disk.find("notes", "[1]"));
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(StartsWith("⚠️  Parked notes [1]:")));
}

TEST_F(InboxTest, releases_a_parked_row_once_it_is_applied) {
    note(1, at("13:00:00"), "an orphan", "77");
    deliver(written(1));
    target.add_parent("77");

    EXPECT_EQ(deliver(written(1, Kind::update))->outcome, Outcome::committed);

    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, makes_one_batch_of_everything_that_waits) {
    for (std::int64_t id = 1; id <= 20; ++id) {
        note(id, at("13:00:00"));
    }
    std::vector<std::shared_ptr<std::optional<Delivery>>> answers;
    {
        const Gate::Hold held = hold_gate();
        for (int turn = 0; turn < 3; ++turn) {
            for (std::int64_t id = 1; id <= 20; ++id) {
                answers.push_back(post(written(id)));
            }
        }
        settle();
        EXPECT_EQ(inbox().status().waiting, 20U);
        EXPECT_EQ(inbox().status().coalesced, 40U);
    }
    settle();

    ASSERT_EQ(batches.size(), 1U);
    EXPECT_EQ(batches[0].streams.at(0).synced, 20U);
    for (const auto& answer : answers) {
        EXPECT_EQ((*answer)->outcome, Outcome::committed);
    }
}

TEST_F(InboxTest, reads_a_row_again_when_its_webhook_comes_while_the_row_is_in_the_batch_that_runs) {
    note(1, at("13:00:00"), "first");
    std::shared_ptr<std::optional<Delivery>> second;
    faults.choose([&](std::string_view point, std::size_t) {
        if (point == "sink.apply" && !second) {
            note(1, at("13:00:01"), "second");
            second = post(written(1, Kind::update));
        }
        return Fault::none;
    });

    const auto first = post(written(1));
    context.restart();
    while (!second || !*second) {
        ASSERT_EQ(context.poll_one(), 1U);
    }

    EXPECT_EQ((*first)->outcome, Outcome::committed);
    EXPECT_EQ((*second)->outcome, Outcome::committed);
    EXPECT_EQ(text_of(1), "second");
}

TEST_F(InboxTest, takes_no_more_of_a_stream_into_a_batch_than_fits) {
    inbox_settings.max_records = 3;
    std::vector<std::shared_ptr<std::optional<Delivery>>> answers;
    for (std::int64_t id = 1; id <= 7; ++id) {
        note(id, at("13:00:00"));
        answers.push_back(post(written(id)));
    }
    settle();

    EXPECT_GE(batches.size(), 3U);
    for (const InboxReport& batch : batches) {
        EXPECT_LE(batch.streams.at(0).found, 3U);
    }
    EXPECT_EQ(target.rows(notes_table).size(), 7U);
}

// Batches of one note each; `points` is what they pass, in order.
class ReadAheadTest : public InboxTest {
protected:
    ReadAheadTest() {
        inbox_settings.max_records = 1;
        choose([](std::string_view, std::size_t) { return Fault::none; });
    }
    // `fault` gets how often the point has been passed before.
    void choose(std::function<Fault(std::string_view point, std::size_t times)> fault) {
        faults.choose([this, fault = std::move(fault)](std::string_view point, std::size_t) {
            const auto times = static_cast<std::size_t>(std::ranges::count(points, point));
            points.emplace_back(point);
            return fault(point, times);
        });
    }
    std::vector<std::shared_ptr<std::optional<Delivery>>> deliver_notes(int count) {
        std::vector<std::shared_ptr<std::optional<Delivery>>> answers;
        for (std::int64_t id = 1; id <= count; ++id) {
            note(id, at("13:00:00"));
            answers.push_back(post(written(id)));
        }
        settle();
        return answers;
    }
    // Where in `points` this one is for the nth time.
    std::size_t place(std::string_view point, int nth) const {
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (points[i] == point && --nth == 0) {
                return i;
            }
        }
        ADD_FAILURE() << point << " was not passed so often";
        return 0;
    }
    boost::asio::awaitable<void> pass_the_gate() {
        const Gate::Hold hold = co_await gate.enter();
        points.emplace_back("entered");
    }
    std::vector<std::string> points;
};

TEST_F(ReadAheadTest, reads_the_next_batch_while_one_is_applied_and_applies_it_afterwards) {
    const auto answers = deliver_notes(2);

    EXPECT_LT(place("feed.rows", 2), place("sink.committed", 1));
    EXPECT_LT(place("sink.committed", 1), place("sink.apply", 2));
    EXPECT_EQ(batches.size(), 2U);
    for (const auto& answer : answers) {
        EXPECT_EQ((*answer)->outcome, Outcome::committed);
    }
}

TEST_F(ReadAheadTest, answers_a_batch_while_the_next_one_is_applied) {
    std::vector<std::shared_ptr<std::optional<Delivery>>> answers;
    std::optional<bool> answered;
    choose([&](std::string_view point, std::size_t times) {
        if (point == "sink.committed") {
            EXPECT_TRUE(times > 0 || !answers.at(0)->has_value());
            answered = answers.at(0)->has_value();
        }
        return Fault::none;
    });
    for (const std::int64_t id : {1, 2}) {
        note(id, at("13:00:00"));
        answers.push_back(post(written(id)));
    }
    settle();

    EXPECT_EQ(answered, true);
    EXPECT_TRUE(answers.at(1)->has_value());
}

TEST_F(ReadAheadTest, ends_when_something_fails_inside_the_daemon_instead_of_standing_still) {
    for (const char* place : {"feed.rows", "sink.apply"}) {
        is_to_fail = true;
        choose([place](std::string_view point, std::size_t times) {
            if (point == place && times == 1) {
                throw std::bad_alloc{};
            }
            return Fault::none;
        });

        deliver_notes(3);

        EXPECT_TRUE(has_ended()) << place;
        points.clear();
        forget_inbox();
    }
}

TEST_F(ReadAheadTest, notes_removals_when_something_fails_inside_the_daemon) {
    synced_note(1);
    erase_note(1);
    is_to_fail = true;
    choose([](std::string_view point, std::size_t) -> Fault {
        return point == "feed.rows" ? throw std::bad_alloc{} : Fault::none;
    });

    post(deleted(1));
    settle();

    EXPECT_TRUE(has_ended());
    EXPECT_TRUE(disk.find("notes", "[1]"));
    forget_inbox();
}

// An end that stands still at its nth request, until it is let go.
struct Standstill {
    explicit Standstill(const boost::asio::any_io_executor& executor) : go_on{executor} {}

    boost::asio::awaitable<void> pass() {
        if (++passed == at) {
            co_await go_on.wait();
        }
    }

    int at = 0;
    int passed = 0;
    Event go_on;
};

class SlowFeed final : public Feed {
public:
    SlowFeed(Feed& feed, Standstill& standstill) : feed_{feed}, standstill_{standstill} {}

    boost::asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages) override {
        return feed_.begin_poll(std::move(pages));
    }
    boost::asio::awaitable<Result<Page>> read_page(PageRequest request) override {
        return feed_.read_page(std::move(request));
    }
    boost::asio::awaitable<Result<std::vector<Result<RowReadings>>>> read_rows(
        std::vector<RowsRequest> requests) override {
        co_await standstill_.pass();
        co_return co_await feed_.read_rows(std::move(requests));
    }
    boost::asio::awaitable<Result<void>> check() override { return feed_.check(); }

private:
    Feed& feed_;
    Standstill& standstill_;
};

class SlowSink final : public Sink {
public:
    SlowSink(Sink& sink, Standstill& standstill) : sink_{sink}, standstill_{standstill} {}

    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override {
        return sink_.prepare(std::move(streams));
    }
    boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override {
        co_await standstill_.pass();
        co_return co_await sink_.apply(stream, changes);
    }
    boost::asio::awaitable<Result<void>> check() override { return sink_.check(); }

private:
    Sink& sink_;
    Standstill& standstill_;
};

class SlowEndsTest : public InboxTest {
protected:
    InboxEnds ends() override {
        InboxEnds ends = InboxTest::ends();
        ends.feed = &watched_slow_feed;
        ends.sink = &watched_slow_sink;
        return ends;
    }

    Standstill reading{context.get_executor()};
    Standstill applying{context.get_executor()};
    SlowFeed slow_feed{feed, reading};
    SlowSink slow_sink{sink, applying};
    WatchedFeed watched_slow_feed{slow_feed, clock};
    WatchedSink watched_slow_sink{slow_sink, clock};
};

TEST_F(SlowEndsTest, answers_what_is_committed_although_the_next_batch_cannot_be_read) {
    inbox_settings.max_records = 1;
    reading.at = 2;
    note(1, at("13:00:00"));
    note(2, at("13:00:00"));
    const auto first = post(written(1));
    const auto second = post(written(2));
    settle();

    EXPECT_TRUE(*first);
    EXPECT_FALSE(*second);
    reading.go_on.set();
    settle();
    EXPECT_TRUE(*second);
}

TEST_F(SlowEndsTest, answers_the_rows_of_one_stream_while_those_of_another_are_applied) {
    applying.at = 2;
    note(1, at("13:00:00"));
    edited_batch(7, at("13:00:00"));
    std::optional<Gate::Hold> held{hold_gate()};
    const auto of_notes = post(written(1));
    const auto of_batches = post(batch_written(7));
    settle();
    held.reset();
    settle();

    EXPECT_NE(of_notes->has_value(), of_batches->has_value());
    applying.go_on.set();
    settle();
    EXPECT_TRUE(*of_notes && *of_batches);
}

TEST_F(SlowEndsTest, reads_fewer_than_are_applied_once_no_more_come) {
    applying.at = 1;
    apply_three_together();
    note(4, at("13:00:00"));
    post(written(4));
    settle();
    EXPECT_EQ(reading.passed, 1);

    pass(milliseconds{2});

    EXPECT_EQ(reading.passed, 2);
    applying.go_on.set();
    settle();
    EXPECT_EQ(target.rows(notes_table).size(), 4U);
}

// Three notes are read, then applied; so many more come meanwhile.
class EnoughTest : public ReadAheadTest, public testing::WithParamInterface<int> {
protected:
    void SetUp() override {
        inbox_settings.max_records = 500;
        choose([this](std::string_view point, std::size_t times) {
            for (int i = 0; point == "feed.rows" && times == 0 && i < GetParam(); ++i) {
                note(10 + i, at("13:00:00"));
                post(written(10 + i));
            }
            return Fault::none;
        });
        apply_three_together();
        ASSERT_EQ(target.rows(notes_table).size(), 3U + static_cast<std::size_t>(GetParam()));
    }
};

TEST_P(EnoughTest, reads_ahead_what_is_as_large_as_the_batch_that_is_applied) {
    EXPECT_EQ(batches.size(), 2U);
    EXPECT_EQ(place("feed.rows", 2) < place("sink.committed", 1), GetParam() >= 3);
}

INSTANTIATE_TEST_SUITE_P(Webhooks, EnoughTest, testing::Values(2, 3, 4));

TEST_F(ReadAheadTest, lets_those_in_who_wait_at_the_gate) {
    choose([this](std::string_view point, std::size_t times) {
        if (point == "sink.apply" && times == 0) {
            boost::asio::co_spawn(context, pass_the_gate(), [](std::exception_ptr) {});
        }
        return Fault::none;
    });

    deliver_notes(4);

    EXPECT_LT(place("entered", 1), place("feed.rows", 4));
    EXPECT_EQ(target.rows(notes_table).size(), 4U);
}

TEST_F(ReadAheadTest, leaves_what_was_read_to_the_catch_up_when_the_target_is_lost_meanwhile) {
    choose([](std::string_view point, std::size_t times) {
        return point == "sink.apply" && times == 0 ? Fault::connection_lost : Fault::none;
    });

    const auto answers = deliver_notes(2);

    for (const auto& answer : answers) {
        ASSERT_TRUE(*answer);
        EXPECT_EQ((*answer)->outcome, Outcome::refused);
    }
    EXPECT_GT(owed, 0);
    EXPECT_EQ(std::ranges::count(points, "sink.apply"), 1);
}

TEST_F(InboxTest, accepts_what_takes_longer_than_the_wait_and_applies_it_all_the_same) {
    note(1, at("13:00:00"));
    std::optional<Gate::Hold> held{hold_gate()};
    const auto answer = post(written(1));
    settle();
    pass(inbox_settings.wait - milliseconds{1});
    EXPECT_FALSE(*answer);
    pass(milliseconds{1});
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->outcome, Outcome::accepted);
    EXPECT_EQ(text_of(1), "(none)");

    held.reset();
    settle();

    EXPECT_EQ(text_of(1), "a note");
}

TEST_F(InboxTest, notes_a_removal_durably_before_it_accepts_it) {
    synced_note(1);
    erase_note(1);
    std::optional<Gate::Hold> held{hold_gate()};
    const auto answer = post(deleted(1));
    settle();
    EXPECT_FALSE(disk.find("notes", "[1]"));

    pass(inbox_settings.wait);

    EXPECT_EQ((*answer)->outcome, Outcome::accepted);
    EXPECT_TRUE(disk.find("notes", "[1]"));
    EXPECT_GT(owed, 0);
}

class UnpolledInboxTest : public InboxTest {
protected:
    UnpolledInboxTest() { inbox_settings.polled = false; }
};

TEST_F(UnpolledInboxTest, notes_an_edit_durably_before_it_accepts_it) {
    note(1, at("13:00:00"));
    std::optional<Gate::Hold> held{hold_gate()};
    const auto answer = post(written(1));
    settle();
    EXPECT_THAT(disk.quarantine, IsEmpty());

    pass(inbox_settings.wait);

    EXPECT_EQ((*answer)->outcome, Outcome::accepted);
    EXPECT_TRUE(disk.find("notes", "[1]"));
    EXPECT_GT(owed, 0);
}

TEST_F(UnpolledInboxTest, notes_edits_that_it_refuses_because_the_target_is_down_together) {
    int saves = 0;
    faults.choose([&](std::string_view point, std::size_t) {
        saves += point == "quarantine.save" ? 1 : 0;
        return point == "sink.prepare" ? Fault::connection_lost : Fault::none;
    });
    note(1, at("13:00:00"));
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::refused);
    ASSERT_TRUE(watched_sink.health().down());
    EXPECT_TRUE(disk.find("notes", "[1]"));
    saves = 0;

    std::vector<std::shared_ptr<std::optional<Delivery>>> answers;
    for (std::int64_t id = 2; id <= 200; ++id) {
        answers.push_back(post(written(id)));
    }
    settle();

    for (const auto& answer : answers) {
        EXPECT_EQ((*answer)->outcome, Outcome::refused);
    }
    EXPECT_EQ(disk.quarantine.size(), 200U);
    EXPECT_LE(saves, 2);
}

TEST_F(UnpolledInboxTest, notes_an_edit_that_does_not_fit) {
    inbox_settings.limit = 1;
    note(2, at("13:00:00"));
    std::optional<Gate::Hold> held{hold_gate()};
    post(written(1));

    EXPECT_EQ(deliver(written(2))->outcome, Outcome::refused);

    EXPECT_TRUE(disk.find("notes", "[2]"));
}

TEST_F(UnpolledInboxTest, a_noted_edit_is_caught_up_with_after_a_restart_and_released) {
    note(1, at("13:00:00"));
    fail_at("sink.apply", Fault::connection_lost);
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::refused);

    start();
    run();

    EXPECT_EQ(text_of(1), "a note");
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(UnpolledInboxTest, notes_nothing_of_what_it_commits) {
    note(1, at("13:00:00"));

    EXPECT_EQ(deliver(written(1))->outcome, Outcome::committed);

    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, refuses_a_removal_that_it_can_neither_apply_in_time_nor_note) {
    synced_note(1);
    erase_note(1);
    std::optional<Gate::Hold> held{hold_gate()};
    const auto answer = post(deleted(1));
    settle();
    fail_at("quarantine.save", Fault::configuration);

    pass(inbox_settings.wait);
    EXPECT_EQ((*answer)->outcome, Outcome::refused);

    held.reset();
    settle();
    EXPECT_EQ(text_of(1), "(none)");
}

TEST_F(InboxTest, a_noted_removal_is_carried_out_by_the_next_catch_up) {
    synced_note(1);
    lab_note(2);
    erase_note(1);
    fail_at("sink.apply", Fault::connection_lost);
    EXPECT_EQ(deliver(deleted(1))->outcome, Outcome::accepted);
    EXPECT_EQ(deliver(deleted(2))->outcome, Outcome::accepted);
    EXPECT_EQ(text_of(1), "a note");

    start();
    run();

    EXPECT_EQ(text_of(1), "(none)");
    EXPECT_EQ(text_of(2), "the lab's");
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(InboxTest, refuses_at_once_while_the_target_is_known_to_be_down_and_asks_for_a_catch_up) {
    note(1, at("13:00:00"));
    note(2, at("13:00:00"));
    fail_at("sink.prepare", Fault::connection_lost, 1000);
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::refused);
    EXPECT_EQ(owed, 1);
    const std::size_t points = faults.points();

    const auto delivery = deliver(written(2));

    EXPECT_EQ(delivery->outcome, Outcome::refused);
    EXPECT_GT(delivery->retry_after, seconds{0});
    EXPECT_THAT(delivery->text, HasSubstr("the connection was cut"));
    EXPECT_EQ(faults.points(), points) << "nobody was asked";
    EXPECT_EQ(owed, 2);
}

TEST_F(InboxTest, refuses_while_supabase_is_known_to_be_down) {
    fail_at("feed.rows", Fault::configuration);
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::refused);
    EXPECT_EQ(deliver(written(2))->outcome, Outcome::refused);
    EXPECT_EQ(batches.size(), 1U);
}

TEST_F(InboxTest, takes_webhooks_again_once_an_end_has_answered_a_catch_up) {
    note(1, at("13:00:00"));
    fail_at("sink.prepare", Fault::connection_lost);
    deliver(written(1));
    ASSERT_TRUE(watched_sink.health().down());

    finish(watched_sink.check());

    EXPECT_EQ(deliver(written(1))->outcome, Outcome::committed);
}

TEST_F(InboxTest, leaves_a_deadlock_to_the_catch_up_without_taking_the_target_for_down) {
    note(1, at("13:00:00"));
    fail_at("sink.apply", Fault::retry);

    EXPECT_EQ(deliver(written(1))->outcome, Outcome::refused);
    EXPECT_EQ(owed, 1);
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::committed);
}

TEST_F(InboxTest, lets_the_other_stream_through_when_one_has_lost_its_table) {
    note(1, at("13:00:00"));
    edited_batch(7, at("13:00:00"));
    const auto held = std::make_shared<std::optional<Gate::Hold>>(hold_gate());
    const auto first = post(written(1));
    const auto second = post(batch_written(7));
    settle();
    fail_at("feed.rows", Fault::stream);
    held->reset();
    settle();

    EXPECT_TRUE(((*first)->outcome == Outcome::refused) != ((*second)->outcome == Outcome::refused));
    EXPECT_TRUE(((*first)->outcome == Outcome::committed) != ((*second)->outcome == Outcome::committed));
}

TEST_F(InboxTest, refuses_what_does_not_fit_and_asks_for_a_catch_up) {
    inbox_settings.limit = 2;
    note(1, at("13:00:00"));
    note(2, at("13:00:00"));
    note(3, at("13:00:00"));
    std::optional<Gate::Hold> held{hold_gate()};
    const auto first = post(written(1));
    const auto second = post(written(2));
    const auto again = post(written(2));
    settle();

    EXPECT_EQ(deliver(written(3))->outcome, Outcome::refused);
    EXPECT_EQ(owed, 1);
    EXPECT_EQ(deliver(deleted(4))->outcome, Outcome::accepted);
    EXPECT_TRUE(disk.find("notes", "[4]"));

    held.reset();
    settle();
    EXPECT_EQ((*first)->outcome, Outcome::committed);
    EXPECT_EQ((*again)->outcome, Outcome::committed);
}

TEST_F(InboxTest, keeps_a_removal_that_it_could_not_note_and_tries_it_again) {
    synced_note(1);
    erase_note(1);
    faults.choose([done = 0](std::string_view point, std::size_t) mutable {
        const bool fails = (point == "sink.apply" || point == "quarantine.save") && ++done <= 2;
        return fails ? (point == "sink.apply" ? Fault::retry : Fault::configuration) : Fault::none;
    });

    EXPECT_EQ(deliver(deleted(1))->outcome, Outcome::refused);
    EXPECT_EQ(text_of(1), "a note");
    pass(seconds{1});

    EXPECT_EQ(text_of(1), "(none)");
}

TEST_F(InboxTest, finishes_the_batch_in_hand_when_stopped_and_notes_or_refuses_the_rest) {
    note(1, at("13:00:00"));
    note(2, at("13:00:00"));
    synced_note(3);
    erase_note(3);
    std::vector<std::shared_ptr<std::optional<Delivery>>> later;
    faults.choose([&](std::string_view point, std::size_t) {
        if (point == "sink.apply" && later.empty()) {
            later = {post(written(2)), post(deleted(3))};
            inbox().stop();
        }
        return Fault::none;
    });

    EXPECT_EQ(deliver(written(1))->outcome, Outcome::committed);

    EXPECT_EQ((*later[0])->outcome, Outcome::refused);
    EXPECT_EQ((*later[1])->outcome, Outcome::accepted);
    EXPECT_TRUE(disk.find("notes", "[3]"));
    EXPECT_EQ(deliver(written(2))->outcome, Outcome::refused);
}

TEST_F(InboxTest, notes_removals_at_once_when_stopped_in_a_batch_that_does_not_end) {
    synced_note(1);
    erase_note(1);
    std::optional<Gate::Hold> held{hold_gate()};
    post(deleted(1));
    settle();
    ASSERT_FALSE(disk.find("notes", "[1]"));

    inbox().stop();

    EXPECT_TRUE(disk.find("notes", "[1]"));
}

TEST_F(InboxTest, says_at_most_one_line_in_ten_seconds) {
    for (std::int64_t id = 1; id <= 5; ++id) {
        note(id, at("13:00:00"));
        deliver(written(id));
    }
    deliver({Kind::insert, "public", "patients", {{"person_id", "1"}}, {}});
    EXPECT_THAT(log.texts(), ElementsAre("📨 1 webhook change(s) synced"));

    pass(seconds{10});

    EXPECT_THAT(log.texts(), ElementsAre("📨 1 webhook change(s) synced", "📨 4 webhook change(s) synced (1 ignored)"));
}

TEST_F(InboxTest, counts_what_it_did) {
    note(1, at("13:00:00"));
    note(2, at("13:00:00"), "an orphan", "77");
    deliver(written(1));
    deliver(written(2));
    deliver({Kind::insert, "public", "patients", {}, {}});
    deliver({Kind::insert, "public", "aligner_notes", {}, {}});

    const InboxStatus status = inbox().status();
    EXPECT_EQ(status.received, 4U);
    EXPECT_EQ(status.committed, 1U);
    EXPECT_EQ(status.parked, 1U);
    EXPECT_EQ(status.ignored, 1U);
    EXPECT_EQ(status.rejected, 1U);
    EXPECT_EQ(status.batches, 2U);
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_EQ(status.latest, clock.now());
}

// Webhooks without a Supabase database.
class PayloadTest : public InboxTest {
protected:
    InboxEnds ends() override { return {nullptr, &watched_sink, nullptr, nullptr}; }

    static JsonMembers row(std::int64_t id, Timestamp changed, const std::string& text, const std::string& set = "1") {
        return {{"note_id", std::to_string(id)},
                {"aligner_set_id", set},
                {"note_type", "\"Doctor\""},
                {"note_text", quoted_json(text)},
                {"created_at", quoted_json(changed.iso_microseconds())}};
    }
    static WebhookEvent upsert(std::int64_t id, Timestamp changed, const std::string& text,
                               const std::string& set = "1") {
        return {Kind::update, "public", "aligner_notes", row(id, changed, text, set), {}};
    }
    static WebhookEvent removal(std::int64_t id, Timestamp changed) {
        return {Kind::remove, "public", "aligner_notes", {}, row(id, changed, "")};
    }
};

TEST_F(PayloadTest, applies_the_webhooks_own_row) {
    EXPECT_EQ(deliver(upsert(1, at("13:00:00"), "sent along"))->outcome, Outcome::committed);
    EXPECT_EQ(text_of(1), "sent along");
}

TEST_F(PayloadTest, does_not_write_a_row_over_a_newer_one) {
    deliver(upsert(1, at("13:00:02"), "newer"));

    EXPECT_EQ(deliver(upsert(1, at("13:00:01"), "older"))->outcome, Outcome::ignored);

    EXPECT_EQ(text_of(1), "newer");
}

TEST_F(PayloadTest, keeps_the_newer_of_two_that_wait) {
    std::optional<Gate::Hold> held{hold_gate()};
    post(upsert(1, at("13:00:02"), "newer"));
    post(upsert(1, at("13:00:01"), "older"));
    settle();
    held.reset();
    settle();

    EXPECT_EQ(text_of(1), "newer");
}

TEST_F(PayloadTest, keeps_a_removal_that_waits_before_a_row_of_the_same_time) {
    deliver(upsert(1, at("13:00:00"), "a note"));
    std::optional<Gate::Hold> held{hold_gate()};
    post(removal(1, at("13:00:00")));
    post(upsert(1, at("13:00:00"), "a note"));
    settle();
    held.reset();
    settle();

    EXPECT_EQ(text_of(1), "(none)");
}

TEST_F(PayloadTest, does_not_bring_a_deleted_row_back_by_an_older_webhook) {
    deliver(upsert(1, at("13:00:00"), "a note"));
    deliver(removal(1, at("13:00:00")));
    ASSERT_EQ(text_of(1), "(none)");

    EXPECT_EQ(deliver(upsert(1, at("13:00:00"), "a note"))->outcome, Outcome::ignored);

    EXPECT_EQ(text_of(1), "(none)");
}

TEST_F(PayloadTest, rejects_a_row_without_its_change_time) {
    EXPECT_EQ(deliver(written(1))->outcome, Outcome::rejected);
}

TEST_F(PayloadTest, rejects_a_row_that_the_target_refuses) {
    const auto delivery = deliver(upsert(1, at("13:00:00"), "an orphan", "77"));

    EXPECT_EQ(delivery->outcome, Outcome::rejected);
    EXPECT_THAT(delivery->text, HasSubstr("memory 547"));
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(Not(HasSubstr("orphan"))));
}

TEST_F(PayloadTest, refuses_until_a_row_is_applied_and_goes_on_trying) {
    fail_at("sink.prepare", Fault::connection_lost, 2);

    EXPECT_EQ(deliver(upsert(1, at("13:00:00"), "kept"))->outcome, Outcome::refused);
    EXPECT_EQ(deliver(upsert(2, at("13:00:00"), "kept too"))->outcome, Outcome::refused);
    pass(seconds{1});
    EXPECT_EQ(text_of(1), "(none)");
    pass(seconds{2});

    EXPECT_EQ(text_of(1), "kept");
    EXPECT_EQ(text_of(2), "kept too");
}

TEST_F(PayloadTest, says_a_failure_once_and_that_the_rows_wait) {
    fail_at("sink.apply", Fault::stream, 3);

    EXPECT_EQ(deliver(upsert(1, at("13:00:00"), "kept"))->outcome, Outcome::refused);
    EXPECT_THAT(log.texts(Level::error), ElementsAre(StartsWith("❌ Webhooks of notes wait: ")));
    ASSERT_TRUE(batches.back().streams.at(0).error);
    for (int attempt = 0; attempt < 4; ++attempt) {
        pass(seconds{5});
    }
    EXPECT_EQ(text_of(1), "kept");
    EXPECT_EQ(log.texts(Level::error).size(), 1U);
    EXPECT_THAT(log.texts(), Contains(HasSubstr("(1 waiting)")));

    fail_at("sink.apply", Fault::stream);
    deliver(upsert(2, at("13:00:00"), "kept too"));
    EXPECT_EQ(log.texts(Level::error).size(), 2U);
}

TEST_F(PayloadTest, refuses_rows_beyond_its_bytes_and_takes_them_again_once_there_is_room) {
    inbox_settings.byte_limit = 1000;
    std::optional<Gate::Hold> held{hold_gate()};
    const auto first = post(upsert(1, at("13:00:00"), std::string(600, 'a')));
    settle();

    EXPECT_EQ(deliver(upsert(2, at("13:00:00"), std::string(600, 'b')))->outcome, Outcome::refused);
    EXPECT_EQ(inbox().status().waiting, 1U);

    held.reset();
    settle();
    EXPECT_EQ((*first)->outcome, Outcome::committed);
    EXPECT_EQ(deliver(upsert(2, at("13:00:00"), std::string(600, 'b')))->outcome, Outcome::committed);
}

// A target that settles a conflict in each row, refuses rows that come together, and fails at its second row.
class SettlingSink : public Sink {
public:
    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override {
        co_return std::vector<Result<void>>(streams.size());
    }
    boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override {
        if (changes.size() > 1) {
            co_return Error{Disposition::row, "", "one of them"};
        }
        if (++rows_ > 1) {
            co_return Error{Disposition::retry, "", "a deadlock"};
        }
        Applied applied;
        applied.settled.push_back({stream.name, changes.front().key, "Days", Direction::forward});
        co_return applied;
    }
    boost::asio::awaitable<Result<void>> check() override { co_return Result<void>{}; }

private:
    int rows_ = 0;
};

class ConflictInboxTest : public InboxTest {
protected:
    InboxEnds ends() override {
        InboxEnds ends = InboxTest::ends();
        ends.sink = &watched_settling_sink;
        return ends;
    }

    SettlingSink settling_sink;
    WatchedSink watched_settling_sink{settling_sink, clock};
};

TEST_F(ConflictInboxTest, reports_conflicts_that_were_settled_before_it_was_stopped) {
    edited_batch(1, at("13:00:00"));
    edited_batch(2, at("13:00:00"));
    post(batch_written(1));
    post(batch_written(2));
    settle();

    ASSERT_EQ(batches.size(), 1U);
    ASSERT_TRUE(batches[0].streams.at(0).error);
    EXPECT_EQ(batches[0].streams.at(0).conflicts.size(), 1U);
}

}  // namespace
}  // namespace revsync
