#include "sync/simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/clinic.hpp"

namespace revsync::simulation {

using namespace memory;

World::World() : mapping{clinic_mapping()}, clock{*Timestamp::parse("2025-01-21T14:00:00Z")}, source{clock} {
    target.require_parent(target_notes, "AlignerSetID");
}

void World::violate(std::string what) {
    violations.push_back(fmt::format("{}: {}", clock.now().iso_microseconds(), std::move(what)));
}

void World::check_durable() {
    check_inserted_once();
    check_lab_notes();
    check_removed();
    check_never_older();
    for (const Stream* stream : mapping.of(Direction::reverse)) {
        if (const auto cursor = disk.state.cursors.find(stream->name); cursor != disk.state.cursors.end()) {
            check_cursor(*stream, cursor->second);
        }
    }
}

void World::check_cursor(const Stream& stream, const Cursor& cursor) {
    for (const auto& [id, row] : source.committed(stream.source.table)) {
        const Timestamp changed = changed_at(stream, row);
        if (passes_filter(stream, row) && !is_after(cursor, changed, id) &&
            !target.holds(stream, change_of(stream, id, row)) && !is_parked(stream, key_of(id))) {
            violate(fmt::format("{} {} changed at {} is neither applied nor parked, the cursor stands at {} {}",
                                stream.name, id, changed.iso_microseconds(), cursor.changed_at.iso_microseconds(),
                                cursor.key.value_or("-")));
        }
    }
    for (const auto& [transaction, open] : source.open()) {
        const auto written = open.writes.find(stream.source.table);
        if (written == open.writes.end()) {
            continue;
        }
        for (const auto& [id, row] : written->second) {
            if (row && passes_filter(stream, *row) && !is_after(cursor, changed_at(stream, *row), id)) {
                violate(fmt::format("{} {} is not committed yet and the cursor has passed it", stream.name, id));
            }
        }
    }
}

void World::check_inserted_once() {
    for (const auto& [id, times] : target.activity(target_notes)) {
        if (times != 1) {
            violate(fmt::format("note {} was inserted {} times", id, times));
        }
    }
}

void World::check_lab_notes() {
    for (const std::int64_t id : written_by_lab) {
        const Columns* note = target.find(target_notes, id);
        if (!note || note->at("NoteType") != "Lab") {
            violate(fmt::format("the lab's note {} was overwritten", id));
        }
    }
}

void World::note_written(const std::string& table, std::int64_t id) {
    const Table& rows = source.committed(table);
    const auto row = rows.find(id);
    versions_[table][id].push_back(row == rows.end() ? std::nullopt : std::optional{row->second});
}

void World::check_answer(const WebhookEvent& event, std::size_t sent_at, const Delivery& delivery) {
    const bool is_removal = event.kind == WebhookEvent::Kind::remove;
    const Stream& stream = *mapping.reader_of({event.schema, event.table});
    const std::int64_t id = std::stoll((is_removal ? event.old_record : event.record).at(stream.key.front().source));
    const auto& versions = versions_[event.table][id];
    if (delivery.outcome == Delivery::Outcome::committed) {
        const std::size_t oldest = sent_at > 0 ? sent_at - 1 : 0;
        std::size_t version = oldest;
        while (version < versions.size() && !is_in_target(stream, id, versions[version])) {
            ++version;
        }
        const bool was_there_before = sent_at == 0 && is_in_target(stream, id, std::nullopt);
        if (version < versions.size() && !was_there_before) {
            std::size_t& known = committed_[stream.name][id];
            known = std::max(known, version);
        } else if (!was_there_before) {
            violate(fmt::format("{} {} was answered as committed and is not in the target", stream.name, id));
        }
    }
    const bool is_acknowledged =
        delivery.outcome == Delivery::Outcome::committed || delivery.outcome == Delivery::Outcome::accepted;
    const bool was_gone = sent_at > 0 && !versions[sent_at - 1];
    if (is_removal && is_acknowledged && was_gone && event.table == notes_table) {
        removed_.insert(id);
        check_removed();
    }
}

// Whether the target holds what this version asks of it.
bool World::is_in_target(const Stream& stream, std::int64_t id, const std::optional<Columns>& version) {
    const Columns* row = target.find(stream.target.table, id);
    if (version) {
        return !passes_filter(stream, *version) || target.holds(stream, change_of(stream, id, *version));
    }
    return !row || !stream.operations.remove || row->at(stream.owned_rows->column) != stream.owned_rows->value;
}

void World::check_never_older() {
    for (const auto& [name, rows] : committed_) {
        const Stream& stream = *mapping.find(name);
        for (const auto& [id, oldest] : rows) {
            const auto& versions = versions_[stream.source.table][id];
            const auto since = versions.begin() + static_cast<std::ptrdiff_t>(oldest);
            const auto is_there = [&, number = id](const std::optional<Columns>& version) {
                return is_in_target(stream, number, version);
            };
            if (std::none_of(since, versions.end(), is_there)) {
                violate(fmt::format("{} {} is older than it was answered to be", name, id));
            }
        }
    }
}

void World::check_removed() {
    const Stream& notes = *mapping.find("notes");
    for (const std::int64_t id : removed_) {
        const bool came_back = source.committed(notes_table).contains(id);
        if (!came_back && !is_in_target(notes, id, std::nullopt) && !is_parked(notes, key_of(id))) {
            violate(fmt::format("the acknowledged deletion of note {} is forgotten", id));
        }
    }
}

void World::check_at_rest() {
    check_inserted_once();
    check_lab_notes();
    for (const Stream* stream : mapping.of(Direction::reverse)) {
        check_arrived(*stream);
    }
    check_parked();
    check_removed();
    for (const std::int64_t id : read_by_lab) {
        const Columns* note = target.find(target_notes, id);
        if (note && note->at("NoteType") == "Doctor" && note->at("IsRead") != "1") {
            violate(fmt::format("note {} is unread again", id));
        }
    }
}

void World::check_arrived(const Stream& stream) {
    for (const auto& [id, row] : source.committed(stream.source.table)) {
        if (!passes_filter(stream, row)) {
            continue;
        }
        const bool held = target.holds(stream, change_of(stream, id, row));
        const bool parked = is_parked(stream, key_of(id));
        if (!held && !parked) {
            violate(fmt::format("{} {} never arrived", stream.name, id));
        } else if (held && parked) {
            violate(fmt::format("{} {} is in step and still parked", stream.name, id));
        }
    }
}

void World::check_parked() {
    for (const ParkedRow& parked : disk.quarantine) {
        const Stream& stream = *mapping.find(parked.stream);
        const Table& table = source.committed(stream.source.table);
        const auto row = table.find(id_of(parked.key));
        if (row == table.end()) {
            violate(fmt::format("{} {} is gone and still parked", parked.stream, parked.key));
            continue;
        }
        MemoryTarget copy = target;
        const Change change = change_of(stream, row->first, row->second);
        if (const auto applied = copy.apply(stream, {&change, 1}); applied && applied->refused.empty()) {
            violate(fmt::format("{} {} could be applied and is still parked", parked.stream, parked.key));
        }
    }
}

}  // namespace revsync::simulation
