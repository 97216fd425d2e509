// What every Checkpoint promises, as a suite over a harness that says how one is opened:
//
//   struct Harness {
//       std::unique_ptr<revsync::Checkpoint> open();  // again and again, on the same memory; one at a time
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(File, CheckpointContract, Harness);
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "sync/ends.hpp"

namespace revsync::contracts {

inline Timestamp time(std::string_view text) {
    return Timestamp::parse(text).value();
}

inline State state_of_two_streams() {
    State state;
    state.cursors["notes"] = {time("2025-01-21T14:00:00.000123Z"), "[5]"};
    state.cursors["batches"] = {time("2025-01-21T13:59:59.999999Z"), std::nullopt};
    state.last_poll = time("2025-01-21T14:00:01.500Z");
    return state;
}

inline ParkedRow parked_note() {
    return {"notes",
            "[7]",
            "sqlserver 547",
            "the row refers to one that does not exist",
            time("2025-01-21T14:00:00.000123Z"),
            time("2025-01-21T14:00:02Z"),
            time("2025-01-21T15:00:02.000001Z"),
            3};
}

inline Echo echo_of_an_edited_batch() {
    return {"batches", "[12]", time("2025-01-21T14:00:00.000123Z"), time("2025-01-21T13:59:58.999999Z")};
}

inline Echo echo_of_a_batch_nobody_edited() {
    return {"batches", "[13]", time("2025-01-21T14:00:00.000123Z"), std::nullopt};
}

template <class Harness>
class CheckpointContract : public testing::Test {
protected:
    State state_after_restart() {
        checkpoint_.reset();
        const auto state = checkpoint().load();
        EXPECT_FALSE(state.has_error()) << state.error().text;
        return state.has_error() ? State{} : *state;
    }

    std::vector<ParkedRow> quarantine_after_restart() {
        checkpoint_.reset();
        const auto rows = checkpoint().load_quarantine();
        EXPECT_FALSE(rows.has_error()) << rows.error().text;
        return rows.has_error() ? std::vector<ParkedRow>{} : *rows;
    }

    std::vector<Echo> echoes_after_restart() {
        checkpoint_.reset();
        const auto echoes = checkpoint().load_echoes();
        EXPECT_FALSE(echoes.has_error()) << echoes.error().text;
        return echoes.has_error() ? std::vector<Echo>{} : *echoes;
    }

    void save(const std::vector<Echo>& echoes) {
        const auto saved = checkpoint().save_echoes(echoes);
        ASSERT_FALSE(saved.has_error()) << saved.error().text;
    }

    void save(const State& state) {
        const auto saved = checkpoint().save(state);
        ASSERT_FALSE(saved.has_error()) << saved.error().text;
    }

    void save(const std::vector<ParkedRow>& rows) {
        const auto saved = checkpoint().save_quarantine(rows);
        ASSERT_FALSE(saved.has_error()) << saved.error().text;
    }

    Checkpoint& checkpoint() {
        if (!checkpoint_) {
            checkpoint_ = harness_.open();
        }
        return *checkpoint_;
    }

    Harness harness_;
    std::unique_ptr<Checkpoint> checkpoint_;
};

TYPED_TEST_SUITE_P(CheckpointContract);

TYPED_TEST_P(CheckpointContract, knows_nothing_at_first) {
    EXPECT_EQ(this->state_after_restart(), State{});
    EXPECT_TRUE(this->quarantine_after_restart().empty());
    EXPECT_TRUE(this->echoes_after_restart().empty());
}

TYPED_TEST_P(CheckpointContract, remembers_every_microsecond_over_a_restart) {
    this->save(state_of_two_streams());
    EXPECT_EQ(this->state_after_restart(), state_of_two_streams());
}

TYPED_TEST_P(CheckpointContract, forgets_a_stream_that_is_no_longer_saved) {
    this->save(state_of_two_streams());
    auto less = state_of_two_streams();
    less.cursors.erase("notes");
    less.last_poll.reset();
    this->save(less);
    EXPECT_EQ(this->state_after_restart(), less);
}

TYPED_TEST_P(CheckpointContract, returns_every_key_as_it_was) {
    for (const Key key :
         {"[9223372036854775807]", "[18446744073709551615]", "[123456789012345678901234567890.10]", "[1.10,-0.5e-7]",
          R"(["a\"]},{\\"])", R"(["Ünï ع 🦷"])", "[\"\\u0041\"]", R"([null,true,"a  b"])"}) {
        State state;
        state.cursors["orders"] = {time("2025-01-21T14:00:00Z"), key};
        this->save(state);
        EXPECT_EQ(this->state_after_restart(), state) << key;
        auto row = parked_note();
        row.key = key;
        this->save(std::vector{row});
        EXPECT_EQ(this->quarantine_after_restart(), std::vector{row}) << key;
        auto echo = echo_of_an_edited_batch();
        echo.key = key;
        this->save(std::vector{echo});
        EXPECT_EQ(this->echoes_after_restart(), std::vector{echo}) << key;
    }
}

TYPED_TEST_P(CheckpointContract, takes_streams_of_any_name) {
    State state;
    state.cursors["\"a\\b\", {c}: [d]"] = {time("2025-01-21T14:00:00Z"), "[1]"};
    state.cursors["طلبات"] = {time("2025-01-21T14:00:00Z"), "[2]"};
    this->save(state);
    EXPECT_EQ(this->state_after_restart(), state);
}

TYPED_TEST_P(CheckpointContract, remembers_parked_rows_in_their_order) {
    auto second = parked_note();
    second.stream = "batches";
    second.key = "[1]";
    second.error_text = "said \"no\"";
    second.attempts = std::numeric_limits<std::uint32_t>::max();
    const std::vector<ParkedRow> rows{second, parked_note()};
    this->save(rows);
    EXPECT_EQ(this->quarantine_after_restart(), rows);
    this->save(std::vector<ParkedRow>{});
    EXPECT_TRUE(this->quarantine_after_restart().empty());
}

TYPED_TEST_P(CheckpointContract, remembers_echoes_with_and_without_an_edit) {
    const std::vector<Echo> echoes{echo_of_an_edited_batch(), echo_of_a_batch_nobody_edited()};
    this->save(echoes);
    EXPECT_EQ(this->echoes_after_restart(), echoes);
    this->save(std::vector<Echo>{});
    EXPECT_TRUE(this->echoes_after_restart().empty());
}

TYPED_TEST_P(CheckpointContract, keeps_state_quarantine_and_echoes_apart) {
    this->save(std::vector{parked_note()});
    this->save(std::vector{echo_of_an_edited_batch()});
    EXPECT_EQ(this->state_after_restart(), State{});
    this->save(state_of_two_streams());
    EXPECT_EQ(this->quarantine_after_restart(), std::vector{parked_note()});
    EXPECT_EQ(this->echoes_after_restart(), std::vector{echo_of_an_edited_batch()});
    EXPECT_EQ(this->state_after_restart(), state_of_two_streams());
}

TYPED_TEST_P(CheckpointContract, holds_many_parked_rows) {
    std::vector<ParkedRow> rows(1000, parked_note());
    for (std::size_t number = 0; number < rows.size(); ++number) {
        rows[number].key = "[" + std::to_string(number) + "]";
    }
    this->save(rows);
    EXPECT_EQ(this->quarantine_after_restart(), rows);
}

TYPED_TEST_P(CheckpointContract, holds_the_echoes_of_a_long_outage) {
    std::vector<Echo> echoes(5000, echo_of_an_edited_batch());
    for (std::size_t number = 0; number < echoes.size(); ++number) {
        echoes[number].key = "[" + std::to_string(number) + "]";
    }
    this->save(echoes);
    EXPECT_EQ(this->echoes_after_restart(), echoes);
}

REGISTER_TYPED_TEST_SUITE_P(CheckpointContract, knows_nothing_at_first, remembers_every_microsecond_over_a_restart,
                            forgets_a_stream_that_is_no_longer_saved, returns_every_key_as_it_was,
                            takes_streams_of_any_name, remembers_parked_rows_in_their_order,
                            remembers_echoes_with_and_without_an_edit, keeps_state_quarantine_and_echoes_apart,
                            holds_many_parked_rows, holds_the_echoes_of_a_long_outage);

}  // namespace revsync::contracts
