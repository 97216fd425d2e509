#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "contracts/feed_contract.hpp"
#include "contracts/forward_sink_contract.hpp"
#include "contracts/queue_contract.hpp"
#include "contracts/sink_contract.hpp"
#include "mapping/clinic.hpp"
#include "support/memory/memory_forward_sink.hpp"
#include "support/memory/memory_queue.hpp"
#include "support/memory/memory_source.hpp"
#include "support/memory/memory_target.hpp"

namespace revsync::contracts {
namespace {

using namespace memory;

struct InMemory {
    static bool available() { return true; }

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> result;
        boost::asio::co_spawn(context, std::move(work),
                              [&](std::exception_ptr, T value) { result = std::move(value); });
        context.restart();
        context.run();
        return std::move(result).value();
    }

    FaultPlan faults;
    boost::asio::io_context context;
};

struct MemorySourceHarness : InMemory {
    const Mapping& mapping() const { return mapping_; }
    Feed& feed() { return feed_; }

    void put_note(std::int64_t id, const Note& note) { source_.commit_row("aligner_notes", id, columns(note)); }
    void put_batch(std::int64_t id, Timestamp created, Timestamp updated) {
        source_.commit_row("aligner_batches", id,
                           {{"created_at", created.iso_microseconds()}, {"updated_at", updated.iso_microseconds()}});
    }
    void erase_note(std::int64_t id) {
        const auto transaction = source_.begin();
        source_.erase(transaction, "aligner_notes", id);
        source_.commit(transaction);
    }
    void begin_note(std::int64_t id) {
        transaction_ = source_.begin();
        source_.put(transaction_, "aligner_notes", id, columns({source_.now(), {}}));
        clock_.advance(std::chrono::seconds{5});
    }
    void commit() { source_.commit(transaction_); }

private:
    static Columns columns(const Note& note) {
        Columns row{{"aligner_set_id", "1"},
                    {"note_type", note.type},
                    {"note_text", note.text},
                    {"created_at", note.created.iso_microseconds()}};
        if (note.edited) {
            row["edited_at"] = note.edited->iso_microseconds();
        }
        return row;
    }

    Mapping mapping_ = clinic_mapping();
    ManualClock clock_{moment("14:00:00")};
    MemorySource source_{clock_};
    MemoryFeed feed_{source_, faults};
    MemorySource::TransactionId transaction_ = 0;
};

struct MemoryTargetHarness : InMemory {
    MemoryTargetHarness() {
        target_.require_parent("notes", "SetID");
        target_.add_parent("1");
        target_.add_parent("2");
        notes_.target = {"dbo", "notes"};
        notes_.key = {{"note_id", "NoteID"}};
        notes_.columns = {{"set_id", "SetID", Owner::supabase, false, {}},
                          {"note_type", "NoteType", Owner::supabase, false, {}},
                          {"note_text", "NoteText", Owner::supabase, false, {}},
                          {"is_read", "IsRead", Owner::sqlserver, true, "0"}};
        notes_.owned_rows = RowOwnership{"NoteType", "Doctor"};
        notes_.operations = {.insert = true, .update = true, .remove = true};
        batches_.target = {"dbo", "batches"};
        batches_.key = {{"batch_id", "BatchID"}};
        batches_.columns = {{"days", "Days", Owner::shared, false, {}}};
        batches_.operations = {.insert = false, .update = true, .remove = false};
    }

    const Stream& notes() const { return notes_; }
    const Stream& batches() const { return batches_; }
    Sink& sink() { return sink_; }

    void put_lab_note(int id, const std::string& text) {
        target_.put("notes", id, {{"SetID", "1"}, {"NoteType", "Lab"}, {"NoteText", text}});
    }
    void put_batch(int id, int days) { target_.put("batches", id, {{"Days", std::to_string(days)}}); }
    void add_set(int id) { target_.add_parent(std::to_string(id)); }
    void mark_as_read(int note) {
        Columns row = *target_.find("notes", note);
        row["IsRead"] = "1";
        target_.put("notes", note, row);
    }
    std::optional<std::string> note(int id, const std::string& column) const { return value("notes", id, column); }
    std::optional<std::string> batch_days(int id) const { return value("batches", id, "Days"); }
    int times_inserted(int note) {
        const auto& activity = target_.activity("notes");
        return activity.contains(note) ? static_cast<int>(activity.at(note)) : 0;
    }

private:
    std::optional<std::string> value(const std::string& table, int id, const std::string& column) const {
        const Columns* row = target_.find(table, id);
        return row ? std::optional{row->at(column)} : std::nullopt;
    }

    Stream notes_;
    Stream batches_;
    MemoryTarget target_;
    MemorySink sink_{target_, faults};
};

struct MemoryQueueHarness : InMemory {
    MemoryQueueHarness() {
        Stream stream;
        stream.name = "batches";
        stream.direction = Direction::forward;
        stream.source = {"dbo", "batches"};
        stream.target = {"public", "batches"};
        stream.key = {{"BatchID", "batch_id"}};
        stream.columns = {{"Days", "days", Owner::shared, false, {}}};
        mapping_.streams = {stream};
    }

    const Stream& batches() const { return mapping_.streams[0]; }
    Queue& queue() { return *first_; }
    Queue& second() { return second_; }
    void end_first() { first_.reset(); }

    void put_row(int id, int days) { rows_[id] = batch_row(id, days); }
    std::int64_t put(const std::string& operation, int record, std::optional<std::string> row,
                     const std::string& table = "batches") {
        QueueEntry entry;
        entry.table = table;
        entry.record = record;
        entry.operation = operation == "DELETE" ? Operation::remove : Operation::upsert;
        entry.row = std::move(row);
        return table_.put(std::move(entry));
    }
    void pass(std::chrono::minutes time) { clock_.advance(time); }

    std::string status(std::int64_t id) {
        const auto status = table_.entry(id).status;
        return status == QueueEntry::Status::pending  ? "Pending"
               : status == QueueEntry::Status::synced ? "Synced"
                                                      : "Failed";
    }
    std::string attempts(std::int64_t id) { return std::to_string(table_.entry(id).attempts); }
    std::optional<std::string> error(std::int64_t id) { return table_.entry(id).error; }

private:
    Mapping mapping_;
    ManualClock clock_{moment("14:00:00")};
    std::map<std::int64_t, std::string> rows_;
    MemoryQueueTable table_{mapping_, clock_, [this](const Stream&, std::int64_t record) {
                                const auto found = rows_.find(record);
                                return found == rows_.end() ? std::nullopt : std::optional{found->second};
                            }};
    std::optional<MemoryQueue> first_{std::in_place, table_, faults};
    MemoryQueue second_{table_, faults};
};

struct MemorySupabaseHarness : InMemory {
    MemorySupabaseHarness() {
        sink_.require_parent("work", "person_id", "patients");
        sink_.require_parent("aligner_sets", "work_id", "work");
        sink_.require_parent("aligner_batches", "aligner_set_id", "aligner_sets", true);
        sink_.require_parent("aligner_notes", "aligner_set_id", "aligner_sets", true);
        put("aligner_doctors", 1, {{"doctor_name", "D"}});
        put("patients", 1, {});
        put("work", 1, {{"person_id", "1"}});
        put("aligner_sets", 1, {{"work_id", "1"}, {"aligner_dr_id", "1"}});
    }

    const Mapping& mapping() const { return mapping_; }
    ForwardSink& sink() {
        clock_.advance(std::chrono::milliseconds{1});
        return sink_;
    }

    void put(const std::string& table, int id, Columns row) {
        row["created_at"] = a_new_moment();
        if (table != "aligner_notes") {
            row["updated_at"] = row["created_at"];
        }
        source_.commit_row(table, id, std::move(row));
    }
    void edit(const std::string& table, int id, const Columns& columns) {
        Columns row = source_.committed(table).at(id);
        for (const auto& [name, value] : columns) {
            row[name] = value;
        }
        row["updated_at"] = a_new_moment();
        source_.commit_row(table, id, std::move(row));
    }
    std::optional<std::string> value(const std::string& table, int id, const std::string& column) {
        const auto& rows = source_.committed(table);
        if (!rows.contains(id)) {
            return std::nullopt;
        }
        const auto found = rows.at(id).find(column);
        return found == rows.at(id).end() ? "" : found->second;
    }

private:
    std::string a_new_moment() {
        clock_.advance(std::chrono::milliseconds{1});
        return source_.now().iso_microseconds();
    }

    Mapping mapping_ = clinic_mapping();
    ManualClock clock_{moment("14:00:00")};
    MemorySource source_{clock_};
    MemoryForwardSink sink_{source_, faults};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FeedContract, MemorySourceHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, SinkContract, MemoryTargetHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, QueueContract, MemoryQueueHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ForwardSinkContract, MemorySupabaseHarness);

}  // namespace
}  // namespace revsync::contracts
