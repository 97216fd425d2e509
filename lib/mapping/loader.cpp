#include "mapping/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/json/stream_parser.hpp>
#include <fstream>
#include <set>

#include "mapping/json_object.hpp"
#include "mapping/json_place.hpp"

namespace revsync {
namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;

TableName table_name(const JsonObject& stream, std::string_view member) {
    const auto text = stream.text(member);
    const auto dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size()) {
        mistake(stream.place_of(member), "expected schema.table");
    }
    return {text.substr(0, dot), text.substr(dot + 1)};
}

Direction read_direction(const JsonObject& stream) {
    const auto text = stream.optional_text("direction").value_or("reverse");
    if (text != "reverse" && text != "forward") {
        mistake(stream.place_of("direction"),
                "expected reverse, from Supabase to SQL Server, or forward, from SQL Server to Supabase");
    }
    return text == "forward" ? Direction::forward : Direction::reverse;
}

// Without a word a column belongs to the side that it comes from.
Owner owner(const JsonObject& column, Direction direction) {
    const auto text =
        column.optional_text("owner").value_or(direction == Direction::reverse ? "supabase" : "sqlserver");
    if (text == "supabase") {
        return Owner::supabase;
    }
    if (text == "sqlserver") {
        return Owner::sqlserver;
    }
    if (text != "shared") {
        mistake(column.place_of("owner"), "expected supabase, sqlserver or shared");
    }
    return Owner::shared;
}

std::vector<KeyPair> read_key(const JsonObject& stream) {
    std::vector<KeyPair> key;
    for (const auto& element : stream.array("key")) {
        const JsonObject pair{stream.place_of("key", key.size()), element, {"source", "target"}};
        key.push_back({pair.text("source"), pair.text("target")});
    }
    return key;
}

std::vector<ColumnPair> read_columns(const JsonObject& stream, Direction direction) {
    std::vector<ColumnPair> columns;
    for (const auto& element : stream.array("columns")) {
        const JsonObject pair{stream.place_of("columns", columns.size()),
                              element,
                              {"source", "target", "owner", "insertOnly", "ifAbsent", "optional"}};
        columns.push_back({pair.text("source"), pair.text("target"), owner(pair, direction),
                           pair.boolean("insertOnly", false), pair.optional_text("ifAbsent", true),
                           pair.boolean("optional", false)});
    }
    return columns;
}

std::vector<Condition> read_filter(const JsonObject& stream) {
    std::vector<Condition> filter;
    if (!stream.has("filter")) {
        return filter;
    }
    for (const auto& element : stream.array("filter")) {
        const JsonObject condition{
            stream.place_of("filter", filter.size()), element, {"column", "equals", "newerThan"}};
        if (condition.has("equals") == condition.has("newerThan")) {
            mistake(condition.place(), "expected either 'equals' or 'newerThan'");
        }
        if (condition.has("equals")) {
            filter.push_back({condition.text("column"), Condition::Test::equals, condition.text("equals", true)});
        } else {
            filter.push_back({condition.text("column"), Condition::Test::newer_than, condition.text("newerThan")});
        }
    }
    return filter;
}

std::optional<RowOwnership> read_owned_rows(const JsonObject& stream) {
    if (!stream.has("ownedRows")) {
        return std::nullopt;
    }
    const JsonObject rows{stream.place_of("ownedRows"), stream.at("ownedRows"), {"column", "equals"}};
    return RowOwnership{rows.text("column"), rows.text("equals", true)};
}

std::optional<Reference> read_referenced_by(const JsonObject& stream) {
    if (!stream.has("referencedBy")) {
        return std::nullopt;
    }
    const JsonObject reference{stream.place_of("referencedBy"), stream.at("referencedBy"), {"stream", "column"}};
    return Reference{reference.text("stream"), reference.text("column")};
}

// Without a word a forward stream carries deletions too: the queue tells of them.
Operations read_operations(const JsonObject& stream, Direction direction) {
    if (!stream.has("operations")) {
        return {.insert = true, .update = true, .remove = direction == Direction::forward};
    }
    Operations operations{false, false, false};
    const auto names = stream.texts("operations");
    for (std::size_t index = 0; index < names.size(); ++index) {
        if (names[index] == "insert") {
            operations.insert = true;
        } else if (names[index] == "update") {
            operations.update = true;
        } else if (names[index] == "delete") {
            operations.remove = true;
        } else {
            mistake(stream.place_of("operations", index), "expected insert, update or delete");
        }
    }
    return operations;
}

Wording read_wording(const JsonObject& stream, const std::string& name) {
    Wording words{name, name + " row(s) to sync", name, "new " + name, "📄", false};
    if (!stream.has("wording")) {
        return words;
    }
    const JsonObject object{stream.place_of("wording"),
                            stream.at("wording"),
                            {"polled", "found", "counted", "none", "symbol", "showTotal"}};
    words.polled = object.optional_text("polled").value_or(words.polled);
    words.found = object.optional_text("found").value_or(words.found);
    words.counted = object.optional_text("counted").value_or(words.counted);
    words.none = object.optional_text("none").value_or(words.none);
    words.symbol = object.optional_text("symbol").value_or(words.symbol);
    words.show_total = object.boolean("showTotal", false);
    return words;
}

void refuse_repeated_columns(const Stream& stream, const std::string& place) {
    std::set<std::string> targets;
    std::set<std::string> key_sources;
    for (std::size_t index = 0; index < stream.key.size(); ++index) {
        if (!targets.insert(stream.key[index].target).second || !key_sources.insert(stream.key[index].source).second) {
            mistake(fmt::format("{}.key[{}]", place, index), "this column is already part of the key");
        }
    }
    for (std::size_t index = 0; index < stream.columns.size(); ++index) {
        if (!targets.insert(stream.columns[index].target).second) {
            mistake(fmt::format("{}.columns[{}]", place, index),
                    fmt::format("target column '{}' is already filled", stream.columns[index].target));
        }
    }
}

void refuse_contradictions(const Stream& stream, const std::string& place) {
    for (std::size_t index = 0; index < stream.columns.size(); ++index) {
        const auto& column = stream.columns[index];
        const auto column_place = fmt::format("{}.columns[{}]", place, index);
        const bool is_reverse = stream.direction == Direction::reverse;
        if (column.owner == (is_reverse ? Owner::sqlserver : Owner::supabase) && !column.insert_only) {
            mistake(column_place,
                    fmt::format("a column that {} owns is never overwritten from {}: give it "
                                "\"insertOnly\": true or leave it out",
                                is_reverse ? "sqlserver" : "supabase", is_reverse ? "Supabase" : "SQL Server"));
        }
        if (is_reverse && column.optional) {
            mistake(column_place, "'optional' is for forward streams; a reverse one says 'ifAbsent'");
        }
        if (!is_reverse && column.if_absent) {
            mistake(column_place, "'ifAbsent' is for reverse streams; a forward one says 'optional'");
        }
        if (column.insert_only && !stream.operations.insert) {
            mistake(column_place, "it is insertOnly, but the stream's operations have no insert");
        }
    }
}

// What only a stream that is polled has, and what the queue asks of the others.
void read_source_of_changes(Stream& stream, const JsonObject& object) {
    if (stream.direction == Direction::reverse) {
        if (object.has("referencedBy")) {
            mistake(object.place_of("referencedBy"), "it is for forward streams; a reverse one says 'filter'");
        }
        stream.filter = read_filter(object);
        stream.changed_at = object.texts("changedAt");
        return;
    }
    for (const auto* member : {"filter", "changedAt"}) {
        if (object.has(member)) {
            mistake(object.place_of(member), "the queue tells what changed: leave it out of a forward stream");
        }
    }
    if (stream.key.size() != 1) {
        mistake(object.place_of("key"), "a forward stream has one key column, the number in the queue's RecordID");
    }
    stream.referenced_by = read_referenced_by(object);
}

Stream read_stream(const std::string& place, const json::value& value) {
    const JsonObject object{place,
                            value,
                            {"name", "direction", "source", "target", "key", "columns", "filter", "changedAt",
                             "ownedRows", "operations", "wording", "referencedBy"}};
    Stream stream;
    stream.name = object.text("name");
    stream.direction = read_direction(object);
    stream.source = table_name(object, "source");
    stream.target = table_name(object, "target");
    stream.key = read_key(object);
    stream.columns = read_columns(object, stream.direction);
    read_source_of_changes(stream, object);
    stream.owned_rows = read_owned_rows(object);
    stream.operations = read_operations(object, stream.direction);
    stream.wording = read_wording(object, stream.name);
    refuse_repeated_columns(stream, place);
    refuse_contradictions(stream, place);
    return stream;
}

// The position of a stream is remembered under its name, and a queue row finds its stream by the target's table.
void refuse_repeated_stream(const Mapping& mapping, const Stream& stream, const std::string& place) {
    if (mapping.find(stream.name, stream.direction) != nullptr) {
        mistake(place, fmt::format("there is already a stream '{}' in this direction", stream.name));
    }
    for (const Stream* other : mapping.of(Direction::forward)) {
        if (stream.direction == Direction::forward && boost::iequals(other->target.table, stream.target.table)) {
            mistake(place, fmt::format("stream '{}' already fills a table {}", other->name, other->target.table));
        }
    }
}

// Each stream that is referred to leads to one that is not.
void refuse_loose_references(const Mapping& mapping) {
    for (std::size_t index = 0; index < mapping.streams.size(); ++index) {
        const Stream* stream = &mapping.streams[index];
        for (std::size_t steps = 0; stream->referenced_by; ++steps) {
            const Stream* next = mapping.find(stream->referenced_by->stream, Direction::forward);
            if (next == nullptr || steps == mapping.streams.size()) {
                mistake(fmt::format("streams[{}].referencedBy", index),
                        next == nullptr ? "there is no such forward stream" : "the streams refer to each other");
            }
            stream = next;
        }
    }
}

Mapping read_mapping(const json::value& document) {
    const JsonObject object{"", document, {"version", "streams"}};
    if (object.integer("version") != format_version) {
        mistake("version", fmt::format("expected {}, the only format this program reads", format_version));
    }
    Mapping mapping;
    for (const auto& element : object.array("streams")) {
        const auto place = object.place_of("streams", mapping.streams.size());
        auto stream = read_stream(place, element);
        refuse_repeated_stream(mapping, stream, place);
        mapping.streams.push_back(std::move(stream));
    }
    refuse_loose_references(mapping);
    return mapping;
}

Error refused(std::string_view reason) {
    return Error{Disposition::configuration, "", fmt::format("cannot use the mapping: {}", reason)};
}

// The line on which parsing stopped, counted from 1.
std::ptrdiff_t line_of(std::string_view text, std::size_t offset) {
    return 1 + std::ranges::count(text.substr(0, offset), '\n');
}

}  // namespace

Result<Mapping> parse_mapping(std::string_view text) {
    constexpr std::size_t deepest = 8;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.size() > mapping_limit_bytes) {
        return refused(fmt::format("it is larger than {} bytes", mapping_limit_bytes));
    }
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    json::parse_options options;
    options.max_depth = deepest;
    json::stream_parser parser{{}, options};
    json::error_code error;
    const auto consumed = parser.write_some(text.data(), text.size(), error);
    if (!error) {
        parser.finish(error);
    }
    if (error || consumed != text.size()) {
        return refused(fmt::format("it is not valid JSON near line {}", line_of(text, consumed)));
    }
    try {
        return read_mapping(parser.release());
    } catch (const MappingMistake& found) {
        return refused(fmt::format("line {}{}{}: {}", line_of_place(text, found.place), found.place.empty() ? "" : ", ",
                                   found.place, found.text));
    }
}

Result<Mapping> load_mapping(const std::filesystem::path& path) {
    const auto failed = [&](std::string_view reason) {
        return Error{Disposition::configuration, "",
                     fmt::format("cannot read the mapping {}: {}", path.string(), reason)};
    };
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return failed("there is no such file; check REVERSE_SYNC_MAPPING");
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return failed("permission denied; let the user of the service read it");
    }
    // One byte more than allowed, so that parse_mapping sees that it is too large.
    std::string text(mapping_limit_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) {
        return failed("the disk reports an error");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto mapping = parse_mapping(text);
    if (mapping.has_error()) {
        auto found = mapping.error();
        found.text += fmt::format(" ({})", path.string());
        return found;
    }
    return mapping;
}

}  // namespace revsync
