#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mapping/clinic.hpp"
#include "support/memory/memory_checkpoint.hpp"
#include "support/memory/memory_source.hpp"
#include "support/memory/memory_target.hpp"
#include "support/memory/recorded_log.hpp"
#include "sync/catch_up.hpp"

namespace revsync {

// The clinic's mapping between in-memory ends, and a catch-up that a test runs to its end. All aligner sets that a
// test names exist in the target unless it takes them away.
class CatchUpTest : public testing::Test {
protected:
    static Timestamp at(const std::string& time) { return *Timestamp::parse("2025-01-21T" + time + "Z"); }

    CatchUpTest() {
        target.require_parent("tblAlignerNotes", "AlignerSetID");
        target.add_parent("1");
    }

    // A doctor's note, committed.
    void note(std::int64_t id, Timestamp created, const std::string& text = "a note", const std::string& set = "1") {
        source.commit_row("aligner_notes", id,
                          {{"aligner_set_id", set},
                           {"note_type", "Doctor"},
                           {"note_text", text},
                           {"created_at", created.iso_microseconds()}});
    }

    void notes(std::int64_t first, std::int64_t last, Timestamp created) {
        for (std::int64_t id = first; id <= last; ++id) {
            note(id, created);
        }
    }

    // A batch that the lab has and whose days a doctor changed.
    void edited_batch(std::int64_t id, Timestamp edited, const std::string& days = "10") {
        target.put("tblAlignerBatches", id, {{"Days", "7"}});
        source.commit_row("aligner_batches", id,
                          {{"created_at", at("08:00:00").iso_microseconds()},
                           {"updated_at", edited.iso_microseconds()},
                           {"days", days}});
    }

    // A daemon that starts: what it knows comes from the disk.
    CatchUp& start() {
        catch_up_ = std::make_unique<CatchUp>(feed, sink, checkpoint, gate, clock, log.logger(), mapping, settings);
        EXPECT_TRUE(catch_up_->load());
        return *catch_up_;
    }

    CatchUp& catch_up() { return catch_up_ ? *catch_up_ : start(); }

    CatchUpReport run(Verbosity verbosity = Verbosity::announce) { return finish(catch_up().run(verbosity)); }

    template <class T>
    T finish(boost::asio::awaitable<T> work) {
        std::optional<T> result;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T value) {
            if (!thrown) {
                result = std::move(value);
            }
        });
        context.restart();
        context.poll();
        if (!result) {
            throw std::logic_error("the work did not finish");
        }
        return std::move(*result);
    }

    // The next time the pipeline passes a point of this name it meets the fault; `after` passes are spared.
    void fail_at(std::string point, memory::Fault fault, int times = 1, int after = 0) {
        faults.choose([=, seen = 0](std::string_view name, std::size_t) mutable {
            if (name != point) {
                return memory::Fault::none;
            }
            ++seen;
            return seen > after && seen <= after + times ? fault : memory::Fault::none;
        });
    }

    void nothing_fails() { faults.choose({}); }

    std::optional<Cursor> saved_cursor(const std::string& stream) const {
        const auto cursor = disk.state.cursors.find(stream);
        return cursor == disk.state.cursors.end() ? std::nullopt : std::optional{cursor->second};
    }

    std::string text_of(std::int64_t id) const {
        const memory::Columns* note = target.find("tblAlignerNotes", id);
        return note ? note->at("NoteText") : "(none)";
    }

    Mapping mapping = clinic_mapping();
    memory::ManualClock clock{at("14:00:00")};
    memory::MemorySource source{clock};
    memory::MemoryTarget target;
    memory::MemoryDisk disk;
    memory::FaultPlan faults;
    memory::RecordedLog log;
    memory::MemoryFeed feed{source, faults};
    memory::MemorySink sink{target, faults};
    memory::MemoryCheckpoint checkpoint{disk, faults};
    Gate gate;
    CatchUpSettings settings;
    boost::asio::io_context context;  // goes before the clock on which its coroutines sleep

private:
    std::unique_ptr<CatchUp> catch_up_;
};

}  // namespace revsync
