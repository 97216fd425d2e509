#include "sync/simulation/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace revsync::simulation {

using namespace memory;

void Workload::act() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 50) {
        write();
    } else if (dice < 72) {
        commit_some();
    } else if (dice < 76) {
        roll_back_some();
    } else if (dice < 81) {
        lab_adds_set();
    } else if (dice < 86) {
        lab_takes_note_number();
    } else if (dice < 90) {
        lab_gives_note_number_back();
    } else if (dice < 95) {
        lab_adds_batch();
    } else {
        lab_reads_note();
    }
}

void Workload::write() {
    if (world_.source.open().size() >= open_transactions) {
        commit_some();
    }
    const auto transaction = world_.source.begin();
    for (std::int64_t statements = random_.between(1, 3); statements > 0; --statements) {
        const std::uint64_t dice = random_.below(10);
        if (dice < 4) {
            insert_notes(transaction);
        } else if (dice < 6) {
            edit_notes(transaction);
        } else if (dice < 8) {
            delete_note(transaction);
        } else {
            edit_batches(transaction);
        }
    }
    if (random_.chance(600)) {
        trace_(fmt::format("transaction {} commits at once", transaction));
        world_.source.commit(transaction);
    }
}

// All rows of one statement share their time; some clients date their rows ahead.
void Workload::insert_notes(MemorySource::TransactionId transaction) {
    Timestamp created = world_.source.now();
    if (random_.chance(40)) {
        created = created + std::chrono::minutes{random_.between(1, 90)};
    }
    const std::int64_t count = random_.chance(200) ? random_.between(5, 15) : random_.between(1, 3);
    for (std::int64_t row = 0; row < count; ++row) {
        Columns note{{"aligner_set_id", some_set()},
                     {"note_type", random_.chance(900) ? "Doctor" : "Lab"},
                     {"note_text", fmt::format("version {}", ++version_)},
                     {"created_at", created.iso_microseconds()},
                     {"is_edited", "false"}};
        trace_(fmt::format("transaction {} inserts note {} of set {} at {}", transaction, next_note_,
                           note["aligner_set_id"], note["created_at"]));
        world_.source.put(transaction, notes_table, next_note_++, std::move(note));
    }
}

void Workload::edit_notes(MemorySource::TransactionId transaction) {
    for (std::int64_t edits = random_.between(1, 3); edits > 0; --edits) {
        const std::int64_t id = random_.between(1, next_note_);
        const Table& notes = world_.source.committed(notes_table);
        const auto found = notes.find(id);
        if (found == notes.end() || world_.source.is_locked(notes_table, id)) {
            continue;
        }
        Columns note = found->second;
        note["note_text"] = fmt::format("version {}", ++version_);
        note["edited_at"] = world_.source.open().at(transaction).started.iso_microseconds();
        note["is_edited"] = "true";
        if (random_.chance(100)) {
            note["aligner_set_id"] = some_set();
        }
        trace_(fmt::format("transaction {} edits note {} at {}", transaction, id, note["edited_at"]));
        world_.source.put(transaction, notes_table, id, std::move(note));
    }
}

void Workload::delete_note(MemorySource::TransactionId transaction) {
    const std::int64_t id = random_.between(1, next_note_);
    if (world_.source.committed(notes_table).contains(id) && !world_.source.is_locked(notes_table, id)) {
        trace_(fmt::format("transaction {} deletes note {}", transaction, id));
        world_.source.erase(transaction, notes_table, id);
    }
}

void Workload::edit_batches(MemorySource::TransactionId transaction) {
    for (std::int64_t edits = random_.between(1, 4); edits > 0; --edits) {
        const std::int64_t id = random_.between(1, batches);
        if (world_.source.is_locked(batches_table, id)) {
            continue;
        }
        const Table& known = world_.source.committed(batches_table);
        const std::string now = world_.source.open().at(transaction).started.iso_microseconds();
        const auto found = known.find(id);
        Columns batch = found == known.end() ? Columns{{"created_at", now}} : found->second;
        batch["updated_at"] = now;
        batch["days"] = std::to_string(++version_);
        trace_(fmt::format("transaction {} writes batch {} at {}", transaction, id, now));
        world_.source.put(transaction, batches_table, id, std::move(batch));
    }
}

void Workload::commit_some() {
    if (!world_.source.open().empty()) {
        const auto which = std::next(world_.source.open().begin(),
                                     static_cast<std::ptrdiff_t>(random_.below(world_.source.open().size())));
        trace_(fmt::format("transaction {} commits", which->first));
        world_.source.commit(which->first);
    }
}

void Workload::roll_back_some() {
    if (!world_.source.open().empty()) {
        const auto which = world_.source.open().begin()->first;
        trace_(fmt::format("transaction {} rolls back", which));
        world_.source.rollback(which);
    }
}

void Workload::lab_adds_set() {
    const std::string set = some_set();
    trace_("the lab adds set " + set);
    world_.target.add_parent(set);
}

void Workload::lab_takes_note_number() {
    const std::int64_t id = random_.between(1, next_note_ + 10);
    if (!world_.target.find(target_notes, id)) {
        trace_(fmt::format("the lab writes a note under number {}", id));
        world_.target.put(target_notes, id, {{"NoteType", "Lab"}, {"NoteText", "the lab's own"}, {"IsRead", "1"}});
        world_.written_by_lab.insert(id);
    }
}

void Workload::lab_gives_note_number_back() {
    for (const auto& [id, note] : world_.target.rows(target_notes)) {
        if (note.at("NoteType") == "Lab" && random_.chance(500)) {
            trace_(fmt::format("the lab moves its note {} away", id));
            world_.written_by_lab.erase(id);
            world_.target.erase(target_notes, id);
            return;
        }
    }
}

void Workload::lab_adds_batch() {
    const std::int64_t id = random_.between(1, batches);
    if (!world_.target.find(target_batches, id)) {
        trace_(fmt::format("the lab adds batch {}", id));
        world_.target.put(target_batches, id, {{"Days", "7"}, {"AlignerSetID", some_set()}});
    }
}

void Workload::lab_reads_note() {
    for (const auto& [id, note] : world_.target.rows(target_notes)) {
        if (note.at("NoteType") == "Doctor" && random_.chance(300)) {
            trace_(fmt::format("the lab reads note {}", id));
            Columns read = note;
            read["IsRead"] = "1";
            world_.target.put(target_notes, id, std::move(read));
            world_.read_by_lab.insert(id);
            return;
        }
    }
}

void Workload::settle() {
    while (!world_.source.open().empty()) {
        commit_some();
    }
    for (std::int64_t set = 1; set <= sets; ++set) {
        world_.target.add_parent(std::to_string(set));
    }
    for (std::int64_t id = 1; id <= batches; id += 2) {
        if (!world_.target.find(target_batches, id)) {
            world_.target.put(target_batches, id, {{"Days", "7"}});
        }
    }
    for (int tries = 0; tries < 8; ++tries) {
        lab_gives_note_number_back();
    }
}

void Workload::before_advance(std::chrono::microseconds by) {
    if (!world_.source.sessions_hidden) {
        return;
    }
    const Timestamp then = world_.source.now() + by;
    while (!world_.source.open().empty() &&
           then - world_.source.open().begin()->second.started >= world_.source.overlap) {
        world_.source.commit(world_.source.open().begin()->first);
    }
}

}  // namespace revsync::simulation
