#include "sync/simulation/world.hpp"

#include <fmt/format.h>

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

void World::check_at_rest() {
    check_inserted_once();
    check_lab_notes();
    for (const Stream* stream : mapping.of(Direction::reverse)) {
        check_arrived(*stream);
    }
    check_parked();
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
