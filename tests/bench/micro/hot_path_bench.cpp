// What the daemon itself does with each row between the two databases: read its change time, pack it into a batch,
// unpack the key of one that is gone.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <vector>

#include "core/timestamp.hpp"
#include "sqlserver/batch_statement.hpp"

namespace revsync {
namespace {

constexpr std::size_t batch_size = 500;

std::vector<Change> changed_notes(Operation operation) {
    std::vector<Change> changes;
    for (std::size_t i = 0; i < batch_size; ++i) {
        std::string row = fmt::format(
            R"({{"NoteID":{},"AlignerSetID":7,"NoteType":"Doctor","NoteText":"synthetic note {}, of about the usual )"
            R"(length: two lines on a phone","CreatedAt":"2025-01-21T14:00:00.000123+00:00","IsEdited":false,"EditedAt":null}})",
            i, i);
        changes.push_back({fmt::format("[{}]", i), Timestamp{}, operation, std::move(row)});
    }
    return changes;
}

void parse_change_time(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(Timestamp::parse("2025-01-21T14:00:00.000123Z"));
    }
}

void write_change_time(benchmark::State& state) {
    const auto time = Timestamp::from_microseconds(1'737'468'000'000'123);
    for (auto _ : state) {
        benchmark::DoNotOptimize(time.iso_microseconds());
    }
}

void pack_batch(benchmark::State& state, Operation operation) {
    sqlserver::BatchStatement statement;
    statement.key_members = {"NoteID"};
    const std::vector<Change> changes = changed_notes(operation);
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto rows = sqlserver::batch_rows(statement, changes);
        bytes += rows->size();
        benchmark::DoNotOptimize(rows);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
}

BENCHMARK(parse_change_time);
BENCHMARK(write_change_time);
BENCHMARK_CAPTURE(pack_batch, upserts, Operation::upsert);
BENCHMARK_CAPTURE(pack_batch, removals, Operation::remove);

}  // namespace
}  // namespace revsync
