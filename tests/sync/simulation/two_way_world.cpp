#include "sync/simulation/two_way_world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/clinic.hpp"

namespace revsync::simulation {

using namespace memory;

TwoWayWorld::TwoWayWorld(const Setting& setting)
    : mapping{clinic_mapping()},
      clock{*Timestamp::parse("2025-01-21T14:00:00Z")},
      source{clock},
      queue{mapping, clock,
            [this](const Stream& stream, std::int64_t record) {
                const Columns* row = target.find(stream.source.table, record);
                return row ? std::optional{change_of(stream, record, *row).row} : std::nullopt;
            }},
      triggers{mapping, queue, setting.triggers},
      keeps_change_times{setting.keeps_change_times} {
    target.require_parent("tblAlignerNotes", "AlignerSetID");
    target.attach(triggers);
    target.on_received([this](const std::string& table, std::int64_t id) {
        if (table == "tblAlignerNotes") {
            received_[id] = disturbances_;
        }
    });
    source.skew = setting.supabase_ahead;
    queue.skew = setting.sqlserver_ahead;
    queue.offset =
        setting.difference_known ? setting.supabase_ahead - setting.sqlserver_ahead : std::chrono::microseconds{0};
    queue.attempt_limit = 1000;
    target.on_written([this](const std::string& table, std::int64_t id) { note_write(table, id); });
}

TwoWayWorld::History& TwoWayWorld::history(const std::string& table, std::int64_t id) {
    const auto streams = mapping.of(Direction::forward);
    const auto from =
        std::ranges::find_if(streams, [&](const Stream* stream) { return stream->source.table == table; });
    return histories_[{from == streams.end() ? table : (*from)->target.table, id}];
}

std::size_t TwoWayWorld::writes() const {
    std::size_t sum = 0;
    for (const auto& [row, history] : histories_) {
        sum += history.writes;
    }
    return sum;
}

std::size_t TwoWayWorld::edits() const {
    std::size_t sum = 0;
    for (const auto& [row, history] : histories_) {
        sum += history.edits;
    }
    return sum;
}

void TwoWayWorld::violate(std::string what) {
    violations.push_back(fmt::format("{}: {}", clock.now().iso_microseconds(), std::move(what)));
}

// Of equal times Supabase's counts, on both sides.
void TwoWayWorld::note_days(std::int64_t batch, Timestamp time, Direction from, const std::string& days) {
    const auto [place, is_new] = newest_days_.try_emplace(batch, Edit{time, from, days});
    Edit& newest = place->second;
    const bool is_newer = time > newest.time || (time == newest.time && from == Direction::reverse);
    if (is_new || is_newer || (time == newest.time && from == newest.from)) {
        newest = {time, from, days};
    }
}

void TwoWayWorld::check_at_rest() {
    for (const char* name : {"sets", "batches", "notes"}) {
        check_table(*mapping.find(name, Direction::forward));
    }
    check_days();
    check_doctors_notes();
    check_deleted_notes();
    check_queue();
    check_histories();
}

// Of each row: what goes in circles goes so on one row, and the others would hide it.
void TwoWayWorld::check_histories() {
    for (const auto& [row, history] : histories_) {
        if (history.writes > 4 * history.edits + 4) {
            violate(fmt::format("{} edits of {} {} led to {} writes", history.edits, row.first, row.second,
                                history.writes));
        }
    }
}

// A set that the lab has deleted stays in Supabase while a doctor's note in it is not in SQL Server.
bool TwoWayWorld::holds_back(std::int64_t set) {
    return std::ranges::any_of(source.committed("aligner_notes"), [&](const auto& note) {
        const Columns* there = target.find("tblAlignerNotes", note.first);
        return note.second.at("note_type") == "Doctor" && note.second.at("aligner_set_id") == std::to_string(set) &&
               (there == nullptr || there->at("NoteType") != "Doctor");
    });
}

// All rows of SQL Server's are in Supabase as they are there, and no others.
void TwoWayWorld::check_table(const Stream& stream) {
    const Table& rows = source.committed(stream.target.table);
    const auto is_labs = [&](const Columns& row, bool in_supabase) {
        const auto type = row.find(in_supabase ? "note_type" : "NoteType");
        return type == row.end() || type->second == "Lab";
    };
    for (const auto& [id, row] : target.rows(stream.source.table)) {
        if (!is_labs(row, false)) {
            continue;
        }
        const auto there = rows.find(id);
        if (there == rows.end()) {
            violate(fmt::format("{} {} never arrived in Supabase", stream.name, id));
            continue;
        }
        if (!is_labs(there->second, true)) {
            continue;  // a doctor has the number; both stay as they are
        }
        const Columns sent_row = columns_of(change_of(stream, id, row));
        for (const ColumnPair& pair : stream.columns) {
            const auto here = sent_row.find(pair.target);
            const auto theirs = there->second.find(pair.target);
            if ((here == sent_row.end() ? "" : here->second) != (theirs == there->second.end() ? "" : theirs->second)) {
                violate(fmt::format("{} {} has another {} in Supabase: {} there, {} in SQL Server", stream.name, id,
                                    pair.target, theirs == there->second.end() ? "none" : theirs->second,
                                    here == sent_row.end() ? "none" : here->second));
            }
        }
    }
    for (const auto& [id, row] : rows) {
        const bool stays = stream.name == "sets" && holds_back(id);
        if (is_labs(row, true) && !target.find(stream.source.table, id) && !stays) {
            violate(fmt::format("{} {} was deleted in SQL Server and is still in Supabase", stream.name, id));
        }
    }
}

void TwoWayWorld::check_days() {
    for (const auto& [id, row] : target.rows("tblAlignerBatches")) {
        const Edit& newest = newest_days_.at(id);
        if (row.at("Days") != newest.days) {
            violate(fmt::format("batch {} has {} days, and the newest edit, of {} at {}, says {}", id, row.at("Days"),
                                newest.from == Direction::reverse ? "Supabase" : "SQL Server",
                                newest.time.iso_microseconds(), newest.days));
        }
    }
}

// A doctor's note is on both sides unless somebody deleted it.
// Only where nothing broke since the note was delivered is it known to the daemon that the lab's deletion means it.
void TwoWayWorld::note_deletion_by_lab(std::int64_t note) {
    deleted_by_lab.insert(note);
    const Stream& stream = *mapping.find("notes", Direction::reverse);
    const Table& notes = source.committed("aligner_notes");
    const auto there = notes.find(note);
    const auto received = received_.find(note);
    if (there != notes.end() && target.holds(stream, change_of(stream, note, there->second)) &&
        received != received_.end() && received->second == disturbances_) {
        deleted_for_good_[note] = {changed_at(stream, there->second), disturbances_};
    }
}

void TwoWayWorld::check_deleted_notes() {
    const Stream& stream = *mapping.find("notes", Direction::reverse);
    for (const auto& [id, note] : source.committed("aligner_notes")) {
        const auto deletion = deleted_for_good_.find(id);
        if (deletion != deleted_for_good_.end() && deletion->second.disturbances == disturbances_ &&
            deletion->second.changed_at == changed_at(stream, note)) {
            violate(fmt::format("note {} came back after the lab had deleted it", id));
        }
    }
}

void TwoWayWorld::check_doctors_notes() {
    const Stream& stream = *mapping.find("notes", Direction::reverse);
    const Table& notes = source.committed("aligner_notes");
    for (const auto& [id, note] : notes) {
        if (passes_filter(stream, note) && !target.holds(stream, change_of(stream, id, note)) &&
            !disk.find(stream.name, key_of(id))) {
            violate(fmt::format("note {} is not the same in SQL Server", id));
        }
    }
    for (const auto& [id, note] : target.rows("tblAlignerNotes")) {
        if (note.at("NoteType") == "Doctor" && !notes.contains(id) && !deleted_by_doctors.contains(id)) {
            violate(fmt::format("note {} is in SQL Server only, and no doctor deleted it", id));
        }
    }
    for (const std::int64_t id : written_by_doctors) {
        if (!notes.contains(id) && !deleted_by_doctors.contains(id) && !deleted_by_lab.contains(id)) {
            violate(fmt::format("note {} is lost", id));
        }
    }
}

// Every item is done, but those of a number that a doctor's note has, and of a set that holds one back.
void TwoWayWorld::check_queue() {
    for (const auto& [id, entry] : queue.entries()) {
        const bool collides = entry.table == "aligner_notes" && source.committed(entry.table).contains(entry.record);
        const bool waits = entry.table == "aligner_sets" && holds_back(entry.record);
        if (entry.status != QueueEntry::Status::synced && !collides && !waits) {
            violate(fmt::format("item {} of {} {} is not done: {}", id, entry.table, entry.record,
                                entry.error.value_or("never tried")));
        }
    }
}

}  // namespace revsync::simulation
