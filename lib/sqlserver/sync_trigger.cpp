#include "sqlserver/sync_trigger.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <vector>

#include "sqlserver/queue_table.hpp"
#include "sqlserver/quoting.hpp"

namespace revsync::sqlserver {
namespace {

using Columns = std::vector<std::string>;  // of SQL Server

constexpr std::size_t changed_columns_length = 400;  // of the queue's column

bool contains(const Columns& columns, std::string_view name) {
    return std::ranges::any_of(columns, [&](const std::string& column) { return boost::iequals(column, name); });
}

Columns columns_of(const Stream& stream) {
    Columns columns;
    std::ranges::transform(stream.columns, std::back_inserter(columns), &ColumnPair::source);
    return columns;
}

Columns shared_columns(const Stream& stream) {
    Columns columns;
    for (const ColumnPair& pair : stream.columns) {
        if (pair.owner == Owner::shared) {
            columns.push_back(pair.source);
        }
    }
    return columns;
}

// Columns of one row as text, wrapped.
std::string row_text(std::string_view alias, const Columns& columns) {
    constexpr std::size_t width = 100;
    std::string list;
    std::size_t line = 0;
    for (const std::string& column : columns) {
        const std::string value = fmt::format("{}.{}", alias, bracketed(column));
        const bool wraps = line + value.size() > width;
        list += list.empty() ? "" : wraps ? ",\n                   " : ", ";
        line = wraps ? value.size() : line + value.size();
        list += value;
    }
    return fmt::format("(SELECT {} FOR JSON PATH, INCLUDE_NULL_VALUES)", list);
}

std::string differ(const Columns& columns) {
    return fmt::format("{} COLLATE Latin1_General_BIN2\n        <> {}", row_text("i", columns), row_text("d", columns));
}

class Trigger {
public:
    Trigger(const Mapping& mapping, const Stream& stream)
        : mapping_{mapping},
          stream_{stream},
          key_{bracketed(stream.key.front().source)},
          mapped_{columns_of(stream)},
          shared_{shared_columns(stream)} {
        for (const Stream* writer : mapping.of(Direction::reverse)) {
            if (boost::iequals(to_string(writer->target), to_string(stream.source))) {
                is_written_ = true;
                std::ranges::transform(writer->columns, std::back_inserter(written_), &ColumnPair::target);
            }
        }
        std::ranges::copy_if(mapped_, std::back_inserter(moved_along_),
                             [&](const std::string& column) { return !contains(written_, column); });
    }

    std::string text() const {
        std::string text =
            fmt::format("CREATE TRIGGER {} ON {}\nAFTER {}\nAS\nBEGIN\n    SET NOCOUNT ON;\n",
                        bracketed(trigger_name(stream_)), bracketed(stream_.source), fmt::join(events(), ", "));
        text += own_writes();
        if (stream_.operations.insert || stream_.operations.update) {
            text += needed_rows() + upserts();
        }
        if (stream_.operations.remove) {
            text += removals();
        }
        return text + "END;\n";
    }

    std::string present_rows() const {
        const bool named = is_named(shared_);
        return fmt::format("{}    SELECT {}, i.{}, 'UPDATE'{} FROM {} AS i\n    WHERE 1 = 1{};\n",
                           insert(named).substr(1), literal(stream_.target.table), key_, named ? ", N''" : "",
                           bracketed(stream_.source), of_the_stream());
    }

private:
    std::vector<std::string> events() const {
        std::vector<std::string> events;
        const Operations& operations = stream_.operations;
        if (operations.insert) {
            events.emplace_back("INSERT");
        }
        // Also a changed key is an update: it takes one row away and brings another.
        events.emplace_back("UPDATE");
        if (operations.remove) {
            events.emplace_back("DELETE");
        }
        return events;
    }

    bool queues_what_moved_along() const { return is_written_ && !moved_along_.empty() && stream_.operations.update; }

    std::string own_writes() const {
        if (!is_written_) {
            return "";
        }
        constexpr std::string_view ours = "TRY_CONVERT(int, SESSION_CONTEXT(N'reverse_sync')) = 1";
        return queues_what_moved_along()
                   ? fmt::format("    DECLARE @ours bit = CASE WHEN {} THEN 1 ELSE 0 END;\n", ours)
                   : fmt::format("    IF {} RETURN;\n", ours);
    }

    static std::string insert(bool names_columns) {
        return fmt::format("\n    INSERT INTO {} (TableName, RecordID, Operation{})\n", bracketed(queue_name()),
                           names_columns ? ", ChangedColumns" : "");
    }

    static bool is_named(const Columns& shared) {
        const auto length = fmt::formatted_size("{}", fmt::join(shared, ","));
        return !shared.empty() && length <= changed_columns_length;
    }

    // The names of the shared columns that differ, with commas between them.
    std::string edited_columns() const {
        const std::string theirs = queues_what_moved_along() ? "@ours = 0 AND " : "";
        const auto name_if_edited = [&](const std::string& column, std::string_view comma) {
            return fmt::format("CASE WHEN {}{} THEN {} ELSE N'' END", theirs, differ({column}),
                               literal(fmt::format("{}{}", comma, column)));
        };
        if (shared_.size() == 1) {
            return name_if_edited(shared_.front(), "");
        }
        std::vector<std::string> names;
        std::ranges::transform(shared_, std::back_inserter(names),
                               [&](const std::string& column) { return name_if_edited(column, ","); });
        return fmt::format("ISNULL(STUFF({}, 1, 1, N''), N'')", fmt::join(names, "\n           + "));
    }

    std::string upserts() const {
        const bool named = is_named(shared_);
        std::string text = insert(named);
        text += fmt::format("    SELECT {0}, i.{1}, CASE WHEN d.{1} IS NULL THEN 'INSERT' ELSE 'UPDATE' END",
                            literal(stream_.target.table), key_);
        if (named) {
            text += fmt::format(",\n           CASE WHEN d.{} IS NOT NULL THEN {} END", key_, edited_columns());
        }
        text += joined();
        return text + fmt::format("    WHERE ({}){};\n", edits(), of_the_stream());
    }

    // Which rows of the statement are edits to be sent.
    std::string edits() const {
        const std::string is_new = fmt::format("d.{} IS NULL", key_);
        const std::string is_old = fmt::format("d.{} IS NOT NULL", key_);
        const Operations& operations = stream_.operations;
        std::string any = operations.insert ? is_new : is_old;
        if (operations.update) {
            any += fmt::format("\n        {} {}", operations.insert ? "OR" : "AND", differ(mapped_));
        }
        return queues_what_moved_along() ? fmt::format("@ours = 0 AND ({})\n        OR @ours = 1 AND {} AND {}", any,
                                                       is_old, differ(moved_along_))
                                         : any;
    }

    std::string joined() const {
        return fmt::format("\n    FROM inserted AS i LEFT JOIN deleted AS d ON d.{0} = i.{0}\n", key_);
    }

    std::string removals() const {
        return insert(false) + fmt::format(
                                   "    SELECT {0}, d.{1}, 'DELETE'\n"
                                   "    FROM deleted AS d\n"
                                   "    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.{1} = d.{1}){2};\n",
                                   literal(stream_.target.table), key_,
                                   queues_what_moved_along() ? " AND @ours = 0" : "");
    }

    // A condition on i, with its AND.
    std::string of_the_stream() const {
        std::string text;
        if (stream_.owned_rows) {
            const auto pair = std::ranges::find(stream_.columns, stream_.owned_rows->column, &ColumnPair::target);
            if (pair != stream_.columns.end()) {
                text +=
                    fmt::format("\n      AND i.{} = {}", bracketed(pair->source), literal(stream_.owned_rows->value));
            }
        }
        return text + referenced();
    }

    const Stream* referrer(const Stream& stream) const {
        return stream.referenced_by ? mapping_.find(stream.referenced_by->stream, Direction::forward) : nullptr;
    }

    // That the row is needed by one that always travels.
    std::string referenced() const {
        std::string from;
        std::string where;
        const Stream* referred = &stream_;
        std::string alias = "i";
        for (std::size_t n = 1; n <= mapping_.streams.size(); ++n) {
            const Stream* by = referrer(*referred);
            if (by == nullptr) {
                break;
            }
            const std::string next = fmt::format("r{}", n);
            const std::string same = fmt::format("{}.{} = {}.{}", next, bracketed(referred->referenced_by->column),
                                                 alias, bracketed(referred->key.front().source));
            if (n == 1) {
                from = fmt::format("{} AS {}", bracketed(by->source), next);
                where = same;
            } else {
                from += fmt::format(" JOIN {} AS {} ON {}", bracketed(by->source), next, same);
            }
            referred = by;
            alias = next;
        }
        return from.empty() ? "" : fmt::format("\n      AND EXISTS (SELECT 1 FROM {} WHERE {})", from, where);
    }

    // Rows that travel only since a row of ours refers to them: they may never have been sent. Furthest first, for they
    // are needed first.
    std::string needed_rows() const {
        struct Step {
            const Stream* stream;
            std::string from;  // the tables on the way to it
            std::string key;   // where its key stands
        };
        std::vector<Step> steps;
        for (const Stream* stream : mapping_.of(Direction::forward)) {
            if (referrer(*stream) == &stream_) {
                steps.push_back({stream, "", "i." + bracketed(stream->referenced_by->column)});
            }
        }
        for (std::size_t n = 0; n < steps.size() && n < mapping_.streams.size(); ++n) {
            for (const Stream* stream : mapping_.of(Direction::forward)) {
                if (referrer(*stream) == steps[n].stream) {
                    const std::string alias = fmt::format("n{}", n + 1);
                    steps.push_back(
                        {stream,
                         steps[n].from + fmt::format("\n    JOIN {} AS {} ON {}.{} = {}",
                                                     bracketed(steps[n].stream->source), alias, alias,
                                                     bracketed(steps[n].stream->key.front().source), steps[n].key),
                         alias + "." + bracketed(stream->referenced_by->column)});
                }
            }
        }
        std::string text;
        for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
            text += queue_needed(*step->stream, step->from, step->key, first_reference(steps, *step->stream));
        }
        return text;
    }

    // The column of ours by which the way to `stream` begins.
    template <class Steps>
    std::string first_reference(const Steps&, const Stream& stream) const {
        const Stream* on_the_way = &stream;
        while (referrer(*on_the_way) != &stream_) {
            on_the_way = referrer(*on_the_way);
        }
        return on_the_way->referenced_by->column;
    }

    std::string queue_needed(const Stream& needed, std::string_view from, std::string_view key,
                             const std::string& reference) const {
        const bool named = is_named(shared_columns(needed));
        return insert(named) +
               fmt::format("    SELECT DISTINCT {}, {}, 'UPDATE'{}", literal(needed.target.table), key,
                           named ? ", N''" : "") +
               joined().erase(joined().size() - 1) + std::string{from} +
               fmt::format("\n    WHERE {0} IS NOT NULL AND (d.{1} IS NULL OR {2}){3};\n", key, key_,
                           differ({reference}), of_the_stream());
    }

    const Mapping& mapping_;
    const Stream& stream_;
    const std::string key_;
    const Columns mapped_;
    const Columns shared_;
    bool is_written_ = false;  // by the daemon
    Columns written_;
    Columns moved_along_;  // mapped, and not written by the daemon
};

}  // namespace

TableName trigger_name(const Stream& stream) {
    return {stream.source.schema, std::string{trigger_prefix} + stream.name};
}

std::string create_trigger(const Mapping& mapping, const Stream& stream) {
    return Trigger{mapping, stream}.text();
}

std::string queue_present_rows(const Mapping& mapping, const Stream& stream) {
    return Trigger{mapping, stream}.present_rows();
}

}  // namespace revsync::sqlserver
