#include "sync/simulation/two_way_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace revsync::simulation {

using namespace memory;

TwoWayWorkload::TwoWayWorkload(TwoWayWorld& world, Random& random, bool whole_rows, Trace trace)
    : world_{world}, random_{random}, trace_{std::move(trace)}, whole_rows_{whole_rows} {
    lab_adds_set();
    lab_adds_batch();
}

// No two things happen in the same microsecond.
void TwoWayWorkload::act() {
    world_.clock.advance(std::chrono::microseconds{1});
    if (random_.chance(500)) {
        doctor_acts();
    } else {
        lab_acts();
    }
    world_.clock.advance(std::chrono::microseconds{1});
}

std::int64_t TwoWayWorkload::some(const Table& table) {
    return table.empty() ? 0
                         : std::next(table.begin(), static_cast<std::ptrdiff_t>(random_.below(table.size())))->first;
}

void TwoWayWorkload::doctor_acts() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 20 && !on_commit_.empty()) {
        commit(some_open());
        return;
    }
    if (dice < 25 && !on_commit_.empty()) {
        roll_back(some_open());
        return;
    }
    const bool joins = on_commit_.size() >= open_transactions || (!on_commit_.empty() && random_.chance(200));
    const Transaction transaction = joins ? some_open() : world_.source.begin();
    on_commit_[transaction];
    for (std::int64_t statements = random_.between(1, 2); statements > 0; --statements) {
        const std::uint64_t kind = random_.below(10);
        if (kind < 5) {
            doctor_edits_days(transaction);
        } else if (kind < 7) {
            doctor_writes_note(transaction);
        } else if (kind < 9) {
            doctor_edits_note(transaction);
        } else {
            doctor_deletes_note(transaction);
        }
    }
    if (random_.chance(700)) {
        commit(transaction);
    }
}

// An edit in a transaction that began before an edit that is committed would be the older one and stand all the same:
// that is between doctors, and nobody here does it.
void TwoWayWorkload::doctor_edits_days(Transaction transaction) {
    const Table& batches = world_.source.committed("aligner_batches");
    const std::int64_t id = some(batches);
    const Timestamp now = world_.source.open().at(transaction).started;
    if (id == 0 || world_.source.is_locked("aligner_batches", id) || now <= edited_in_supabase_[id] ||
        now.iso_microseconds() <= batches.at(id).at("created_at")) {
        return;
    }
    Columns batch = batches.at(id);
    batch["days"] = version();
    batch["updated_at"] = now.iso_microseconds();
    trace_(fmt::format("transaction {} sets batch {} to {} days at {}", transaction, id, batch["days"],
                       batch["updated_at"]));
    on_commit_[transaction].push_back([this, id, now, days = batch["days"]] {
        edited_in_supabase_[id] = now;
        world_.note_days(id, now, Direction::reverse, days);
        world_.note_edit("aligner_batches", id);
    });
    world_.source.put(transaction, "aligner_batches", id, std::move(batch));
}

// A number that a lab's note was sent under already is passed over, as a portal that tries again does.
void TwoWayWorkload::doctor_writes_note(Transaction transaction) {
    const std::int64_t set = some(world_.source.committed("aligner_sets"));
    while (world_.source.committed("aligner_notes").contains(next_note_) ||
           world_.source.is_locked("aligner_notes", next_note_)) {
        ++next_note_;
    }
    if (set == 0 || world_.source.is_locked("aligner_sets", set)) {
        return;
    }
    const std::string now = world_.source.open().at(transaction).started.iso_microseconds();
    trace_(fmt::format("transaction {} writes note {} at {}", transaction, next_note_, now));
    on_commit_[transaction].push_back([this, id = next_note_] {
        world_.written_by_doctors.insert(id);
        world_.note_edit("aligner_notes", id);
    });
    world_.source.put(transaction, "aligner_notes", next_note_++,
                      {{"aligner_set_id", std::to_string(set)},
                       {"note_type", "Doctor"},
                       {"note_text", version()},
                       {"created_at", now},
                       {"is_edited", "false"}});
}

void TwoWayWorkload::doctor_edits_note(Transaction transaction) {
    const Table& notes = world_.source.committed("aligner_notes");
    const std::int64_t id = some(notes);
    if (id == 0 || world_.source.is_locked("aligner_notes", id) || notes.at(id).at("note_type") != "Doctor") {
        return;
    }
    Columns note = notes.at(id);
    note["note_text"] = version();
    note["edited_at"] = world_.source.open().at(transaction).started.iso_microseconds();
    note["is_edited"] = "true";
    if (note["edited_at"] <= notes.at(id).at("created_at") ||
        (notes.at(id).contains("edited_at") && note["edited_at"] <= notes.at(id).at("edited_at"))) {
        return;
    }
    trace_(fmt::format("transaction {} edits note {} at {}", transaction, id, note["edited_at"]));
    on_commit_[transaction].push_back([this, id] { world_.note_edit("aligner_notes", id); });
    world_.source.put(transaction, "aligner_notes", id, std::move(note));
}

void TwoWayWorkload::doctor_deletes_note(Transaction transaction) {
    const Table& notes = world_.source.committed("aligner_notes");
    const std::int64_t id = some(notes);
    if (id == 0 || world_.source.is_locked("aligner_notes", id) || notes.at(id).at("note_type") != "Doctor") {
        return;
    }
    trace_(fmt::format("transaction {} deletes note {}", transaction, id));
    on_commit_[transaction].push_back([this, id] {
        world_.deleted_by_doctors.insert(id);
        world_.note_edit("aligner_notes", id);
    });
    world_.source.erase(transaction, "aligner_notes", id);
}

TwoWayWorkload::Transaction TwoWayWorkload::some_open() {
    return std::next(on_commit_.begin(), static_cast<std::ptrdiff_t>(random_.below(on_commit_.size())))->first;
}

void TwoWayWorkload::commit(Transaction transaction) {
    trace_(fmt::format("transaction {} commits", transaction));
    const std::vector<std::function<void()>> notes = std::move(on_commit_.extract(transaction).mapped());
    for (const auto& note : notes) {
        note();
    }
    world_.source.commit(transaction);
}

void TwoWayWorkload::roll_back(Transaction transaction) {
    trace_(fmt::format("transaction {} rolls back", transaction));
    on_commit_.erase(transaction);
    world_.source.rollback(transaction);
}

void TwoWayWorkload::lab_acts() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 5) {
        lab_adds_set();
    } else if (dice < 12) {
        lab_edits_set();
    } else if (dice < 22) {
        lab_adds_batch();
    } else if (dice < 60) {
        lab_edits_batch();
    } else if (dice < 63) {
        lab_deletes_batch();
    } else if (dice < 75) {
        lab_writes_note();
    } else if (dice < 88) {
        lab_edits_note();
    } else if (dice < 90) {
        lab_deletes_set();
    } else {
        lab_deletes_note();
    }
}

void TwoWayWorkload::lab_puts(const std::string& table, std::int64_t id, Columns row) {
    trace_(fmt::format("the lab writes {} {} at {}", table, id, world_.lab_time().iso_microseconds()));
    const Columns* before = world_.target.find(table, id);
    if (table == "tblAlignerBatches" && (!before || whole_rows_ || before->at("Days") != row.at("Days"))) {
        world_.note_days(id, world_.lab_time(), Direction::forward, row.at("Days"));
    }
    world_.note_edit(table, id);
    ++lab_changes_;
    world_.target.put(table, id, std::move(row));
}

void TwoWayWorkload::lab_erases(const std::string& table, std::int64_t id) {
    trace_(fmt::format("the lab deletes {} {}", table, id));
    if (table == "tblAlignerNotes" && world_.target.find(table, id)->at("NoteType") != "Lab") {
        world_.note_deletion_by_lab(id);
    }
    world_.note_edit(table, id);
    ++lab_changes_;
    world_.target.erase(table, id);
}

void TwoWayWorkload::lab_adds_set() {
    if (world_.target.rows("tblAlignerSets").size() < most_rows) {
        world_.target.add_parent(std::to_string(next_id_));
        lab_puts("tblAlignerSets", next_id_, {{"WorkID", "1"}, {"AlignerDrID", "1"}, {"Notes", version()}});
        ++next_id_;
    }
}

void TwoWayWorkload::lab_edits_set() {
    const Table& sets = world_.target.rows("tblAlignerSets");
    const std::int64_t id = some(sets);
    Columns row = sets.at(id);
    row["Notes"] = version();
    lab_puts("tblAlignerSets", id, std::move(row));
}

// With all that is in it, which the foreign keys ask for. The lab always has a set.
void TwoWayWorkload::lab_deletes_set() {
    const Table& sets = world_.target.rows("tblAlignerSets");
    if (sets.size() < 2) {
        return;
    }
    const std::int64_t id = some(sets);
    for (const char* table : {"tblAlignerNotes", "tblAlignerBatches"}) {
        const Table rows = world_.target.rows(table);
        for (const auto& [child, row] : rows) {
            if (row.at("AlignerSetID") == std::to_string(id)) {
                lab_erases(table, child);
            }
        }
    }
    lab_erases("tblAlignerSets", id);
    world_.target.remove_parent(std::to_string(id));
}

void TwoWayWorkload::lab_adds_batch() {
    if (world_.target.rows("tblAlignerBatches").size() < most_rows) {
        const std::string set = std::to_string(some(world_.target.rows("tblAlignerSets")));
        lab_puts("tblAlignerBatches", next_id_, {{"AlignerSetID", set}, {"Days", version()}, {"Notes", version()}});
        ++next_id_;
    }
}

void TwoWayWorkload::lab_edits_batch() {
    const Table& batches = world_.target.rows("tblAlignerBatches");
    if (const std::int64_t id = some(batches)) {
        Columns row = batches.at(id);
        row[random_.chance(600) ? "Days" : "Notes"] = version();
        lab_puts("tblAlignerBatches", id, std::move(row));
    }
}

void TwoWayWorkload::lab_deletes_batch() {
    if (const std::int64_t id = some(world_.target.rows("tblAlignerBatches"))) {
        lab_erases("tblAlignerBatches", id);
    }
}

// An identity, which has passed every number that was ever written explicitly.
void TwoWayWorkload::lab_writes_note() {
    const Table& notes = world_.target.rows("tblAlignerNotes");
    if (notes.size() < most_rows) {
        const auto& ours = world_.target.activity("tblAlignerNotes");
        next_lab_note_ = std::max(next_lab_note_, ours.empty() ? 0 : ours.rbegin()->first + 1);
        const std::string set = std::to_string(some(world_.target.rows("tblAlignerSets")));
        lab_puts("tblAlignerNotes", next_lab_note_++,
                 {{"AlignerSetID", set}, {"NoteType", "Lab"}, {"NoteText", version()}, {"IsRead", "1"}});
    }
}

void TwoWayWorkload::lab_edits_note() {
    const Table& notes = world_.target.rows("tblAlignerNotes");
    const std::int64_t id = some(notes);
    if (id == 0) {
        return;
    }
    Columns row = notes.at(id);
    if (row.at("NoteType") == "Lab") {
        row["NoteText"] = version();
    } else {
        row["IsRead"] = "1";
    }
    lab_puts("tblAlignerNotes", id, std::move(row));
}

void TwoWayWorkload::lab_deletes_note() {
    if (const std::int64_t id = some(world_.target.rows("tblAlignerNotes"))) {
        lab_erases("tblAlignerNotes", id);
    }
}

void TwoWayWorkload::settle() {
    while (!on_commit_.empty()) {
        commit(some_open());
    }
}

}  // namespace revsync::simulation
