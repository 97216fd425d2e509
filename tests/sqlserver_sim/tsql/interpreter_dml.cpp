// SELECT, INSERT, UPDATE, DELETE and what they send.
#include <algorithm>
#include <array>
#include <utility>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

// SQL Server hands out long JSON in pieces of this many characters.
constexpr std::size_t json_piece = 2033;

bool assigns(const Query& query) {
    return query.set_operator.empty() && std::any_of(query.core.items.begin(), query.core.items.end(),
                                                     [](const SelectItem& item) { return !item.variable.empty(); });
}

const Query& first_block(const Query& query) {
    return query.set_operator.empty() ? query : first_block(*query.left);
}

// Keeps the rows of a procedure for INSERT … EXEC instead of sending them.
class RowCollector final : public Output {
public:
    explicit RowCollector(Output& outer) : outer_(outer) {}
    void columns(const std::vector<Column>& columns) override { columns_ = columns; }
    void row(const std::vector<Value>& values) override { rows_.push_back(values); }
    void statement_done(std::optional<std::uint64_t>, bool) override {}
    void message(const Message& message) override { outer_.message(message); }
    void environment(EnvironmentChange change, std::string_view value) override { outer_.environment(change, value); }
    void return_value(const Parameter&) override {}
    void return_status(std::int32_t) override {}

    std::vector<Column> columns_;
    std::vector<std::vector<Value>> rows_;

private:
    Output& outer_;
};

}  // namespace

Result SessionImpl::query(const std::string& sql, const std::vector<Value>& parameters) {
    throw_if_cancelled();
    return backend_.run(sql, parameters, server_->schema_version);
}

Result SessionImpl::run(const Translated& translated) {
    std::vector<Value> parameters;
    for (const std::string& name : translated.parameters) {
        const Variable& variable = require_variable(name);
        const bool bytes = is_binary(variable.type.kind) && variable.value;
        parameters.push_back(bytes ? Value("\\x" + hex(*variable.value)) : variable.value);
    }
    if (transactions_ > 0) {
        for (const std::string& lock : translated.locks) {
            query(lock);
        }
    }
    return query(translated.sql, parameters);
}

void SessionImpl::done(std::optional<std::uint64_t> rows, bool error) {
    output_->statement_done(options_.get("NOCOUNT") ? std::nullopt : rows, error);
}

Value SessionImpl::from_backend(const Type& type, const Value& value) const {
    if (!value) {
        return value;
    }
    if (is_binary(type.kind)) {
        return unhex(std::string_view(*value).substr(2));
    }
    if (type.kind == TypeKind::uniqueidentifier) {
        return upper(*value);
    }
    const std::int64_t units = is_national(type.kind) ? options_.text_size / 2 : options_.text_size;
    if (type.length == max_length && is_string(type.kind) && static_cast<std::int64_t>(value->size()) > units) {
        return std::string(utf16_prefix(*value, static_cast<std::size_t>(units)));
    }
    return value;
}

void SessionImpl::send_rows(const Translated& translated, const Result& rows, bool skip_first) {
    const int offset = skip_first ? 1 : 0;
    output_->columns(translated.columns);
    std::vector<Value> values(translated.columns.size());
    for (int r = 0; r < rows.rows(); ++r) {
        for (std::size_t c = 0; c < values.size(); ++c) {
            values[c] = from_backend(translated.columns[c].type, rows.value(r, static_cast<int>(c) + offset));
        }
        output_->row(values);
    }
}

void SessionImpl::send_json(const Translated& translated, const Result& rows) {
    output_->columns(translated.columns);
    std::string_view rest = rows.rows() == 0 || rows.null(0, 0) ? std::string_view() : rows.text(0, 0);
    while (!rest.empty()) {
        const std::string_view piece = utf16_prefix(rest, json_piece);
        output_->row({std::string(piece)});
        rest.remove_prefix(piece.size());
    }
}

void SessionImpl::execute(const Select& s) {
    if (!first_block(*s.query).core.into.empty()) {
        guarded([&] { select_into(*s.query); });
        return;
    }
    Translator translator(*this);
    if (assigns(*s.query)) {
        std::vector<std::string> names;
        const Translated translated = translator.assignment(*s.query, names);
        guarded([&] {
            const Result rows = run(translated);
            row_count_ = static_cast<std::uint64_t>(rows.rows());
            for (std::size_t i = 0; i < names.size() && rows.rows() > 0; ++i) {
                Variable& variable = require_variable(names[i]);
                variable.value = from_backend(variable.type, rows.value(rows.rows() - 1, static_cast<int>(i)));
            }
        });
        return;
    }
    const Translated translated = translator.select(*s.query);
    if (options_.get("FMTONLY")) {
        output_->columns(translated.columns);
        output_->statement_done(std::nullopt, false);
        return;
    }
    guarded([&] {
        Translated limited = translated;
        if (options_.row_limit > 0) {
            limited.sql = "SELECT * FROM (" + limited.sql + ") AS l LIMIT " + std::to_string(options_.row_limit);
        }
        const Result rows = run(limited);
        row_count_ = static_cast<std::uint64_t>(rows.rows());
        if (translated.json) {
            send_json(translated, rows);
        } else {
            send_rows(translated, rows);
        }
        done(row_count_);
    });
}

void SessionImpl::select_into(const Query& tree) {
    Translator translator(*this);
    std::vector<ColumnInfo> columns;
    Translated translated = translator.select_into(tree, columns);
    std::vector<ColumnDefinition> definitions;
    for (const ColumnInfo& column : columns) {
        ColumnDefinition definition;
        definition.name = column.name;
        definition.type = column.type;
        definition.nullable = column.nullable;
        definition.identity = column.identity;
        definition.collation = column.collation;
        definitions.push_back(std::move(definition));
    }
    const Name& into = first_block(tree).core.into;
    if (into.back()[0] == '#') {
        create_temporary(into.back(), definitions, {}, false);
    } else {
        execute(CreateTable{into, definitions, {}});
    }
    translator.insert_into(translated, *table(into));
    row_count_ = run(translated).affected();
    done(row_count_);
}

void SessionImpl::change(const char* event, const std::function<TranslatedDml()>& translate) {
    verb_ = event;
    if (doomed_) {
        fail(3930,
             "The current transaction cannot be committed and cannot support operations that write to the log file. "
             "Roll back the "
             "transaction.");
    }
    const TranslatedDml dml = translate();
    changing_ = dml.target;
    const bool lasting = !dml.target->temporary;
    const bool triggers = std::any_of(
        dml.target->triggers.begin(), dml.target->triggers.end(),
        [&](const TriggerInfo& t) { return std::find(t.events.begin(), t.events.end(), event) != t.events.end(); });
    if (triggers && dml.returns_rows) {
        fail(334, "The target table '" + dml.target->name +
                      "' of the DML statement cannot have any enabled triggers if the statement contains an "
                      "OUTPUT clause without INTO clause.");
    }
    if (transactions_ == 0 && options_.get("IMPLICIT_TRANSACTIONS") && lasting) {
        begin();
    }
    if (lasting && transactions_ > 0 && std::exchange(first_change_, false)) {
        change_faults();
    }
    const bool own = transactions_ == 0 && lasting;
    if (own) {
        backend_.script("BEGIN");
        transactions_ = 1;
        autocommit_ = true;
    }
    try {
        if (own) {
            run_change(event, dml);
        } else {
            guarded([&] { run_change(event, dml); });
        }
    } catch (const BackendError& error) {
        SqlError translated = translate_error(error);
        if (own && transactions_ > 0) {
            rollback_all();
        }
        throw_if_cancelled();
        throw translated;
    } catch (...) {
        if (own && transactions_ > 0 && autocommit_) {
            rollback_all();
        }
        throw;
    }
    if (own && transactions_ > 0) {
        commit_backend();
    }
    if (!own && lasting && transactions_ > 0 && server_->faults.pending(FaultKind::drop_midway, session_id_) &&
        frame_->trigger == nullptr) {
        server_->faults.take(FaultKind::drop_midway, session_id_);
        backend_.script("ROLLBACK");
        throw ConnectionCut{};
    }
}

void SessionImpl::change_faults() {
    if (server_->faults.take(FaultKind::deadlock, session_id_)) {
        fail(1205,
             "Transaction (Process ID " + std::to_string(session_id_) +
                 ") was deadlocked on lock resources with another process and has "
                 "been chosen as the deadlock victim. Rerun the transaction.",
             0, 51);
    }
    if (server_->faults.take(FaultKind::lock_timeout, session_id_)) {
        fail(1222, "Lock request time out period exceeded.", 0, 51);
    }
}

void SessionImpl::run_change(const char* event, const TranslatedDml& dml) {
    const bool triggers = std::any_of(
        dml.target->triggers.begin(), dml.target->triggers.end(),
        [&](const TriggerInfo& t) { return std::find(t.events.begin(), t.events.end(), event) != t.events.end(); });
    const bool nested = triggers && trigger_depth() > 0;
    if (nested) {
        query("SELECT set_config('sim.trigger_depth', '" + std::to_string(trigger_depth()) + "', false)");
    }
    Result rows = run(dml);
    if (nested) {
        query("SELECT set_config('sim.trigger_depth', '', false)");
    }
    std::uint64_t count = dml.returns_rows ? static_cast<std::uint64_t>(rows.rows()) : rows.affected();
    Value identity;
    if (dml.counted) {
        count = std::strtoull(std::string(rows.text(0, 0)).c_str(), nullptr, 10);
        identity = rows.columns() > 1 ? rows.value(0, 1) : Value();
    } else if (dml.identity_column && rows.rows() > 0) {
        identity = rows.value(0, 0);
    }
    if (!dml.target->temporary) {
        wrote_ = true;
        (event[0] == 'I' ? pending_inserted_ : event[0] == 'U' ? pending_updated_ : pending_deleted_) += count;
    }
    if (event[0] == 'I' && dml.target->identity() != nullptr && identity) {
        scope_identity_ = identity_ = identity;
    } else if (event[0] == 'I' && dml.target->identity() == nullptr && !dml.target->temporary) {
        identity_ = scope_identity_ = std::nullopt;
    }
    if (dml.returns_rows) {
        send_rows(dml, rows, dml.identity_column);
    }
    if (triggers) {
        fire_triggers(event, dml, count);
    }
    row_count_ = count;
    done(count);
}

void SessionImpl::execute(const Insert& s) {
    if (s.execute) {
        insert_executed(s);
        return;
    }
    change("INSERT", [&] {
        Translator translator(*this);
        const TableInfoPtr target = table(s.table);
        return translator.insert(s,
                                 target && !options_.identity_insert.empty() && options_.identity_insert == target->pg);
    });
}

void SessionImpl::insert_executed(const Insert& s) {
    RowCollector collector(*output_);
    Output* const outer = std::exchange(output_, &collector);
    try {
        execute(*s.execute);
    } catch (...) {
        output_ = outer;
        throw;
    }
    output_ = outer;
    // The rows become the VALUES of an ordinary INSERT, with one variable for each cell.
    auto query_tree = std::make_shared<Query>();
    std::vector<std::string> names;
    for (const auto& row : collector.rows_) {
        auto& cells = query_tree->core.values.emplace_back();
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string name = "@~" + std::to_string(names.size());
            frame_->variables[name] = Variable{collector.columns_[c].type, row[c]};
            auto cell = std::make_shared<Expr>();
            cell->kind = ExprKind::variable;
            cell->text = name;
            cells.push_back(std::move(cell));
            names.push_back(name);
        }
    }
    if (!names.empty()) {
        Insert plain;
        plain.table = s.table;
        plain.columns = s.columns;
        plain.output = s.output;
        plain.query = query_tree;
        execute(plain);
    } else {
        row_count_ = 0;
        done(0);
    }
    for (const std::string& name : names) {
        frame_->variables.erase(name);
    }
}

void SessionImpl::execute(const Update& s) {
    change("UPDATE", [&] { return Translator(*this).update(s); });
}

void SessionImpl::execute(const Delete& s) {
    change("DELETE", [&] { return Translator(*this).remove(s); });
}

void SessionImpl::execute(const Truncate& s) {
    const TableInfoPtr target = table(s.table);
    if (!target) {
        fail(4701, "Cannot find the object \"" + s.table.back() +
                       "\" because it does not exist or you do not have permissions.");
    }
    guarded([&] {
        try {
            query("TRUNCATE " + target->pg + " RESTART IDENTITY");
        } catch (const BackendError& error) {
            if (error.sqlstate == "0A000") {
                fail(4712, "Cannot truncate table '" + target->name +
                               "' because it is being referenced by a FOREIGN KEY constraint.");
            }
            throw;
        }
        done(std::nullopt);
    });
}

}  // namespace revsync::sim::tsql
