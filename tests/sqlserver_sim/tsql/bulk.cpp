// INSERT BULK: rows in the client's own types, written in statements of many rows. Triggers do not fire.
#include <algorithm>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

constexpr std::size_t parameter_limit = 20000;  // of one statement; PostgreSQL allows 65535

class Load final : public BulkLoad {
public:
    Load(SessionImpl& session, TableInfoPtr table, std::vector<Column> columns, bool keep_identity)
        : session_(session), table_(std::move(table)), columns_(std::move(columns)), keep_identity_(keep_identity) {}

    void row(const std::vector<Value>& values) override { rows_.push_back(values); }

    void finish(Output& output) override { session_.bulk_insert(*table_, columns_, keep_identity_, rows_, output); }

private:
    SessionImpl& session_;
    TableInfoPtr table_;
    std::vector<Column> columns_;
    bool keep_identity_;
    std::vector<std::vector<Value>> rows_;
};

}  // namespace

void SessionImpl::execute(const InsertBulk& s) {
    TableInfoPtr target = table(s.table);
    if (!target) {
        fail(208, "Invalid object name '" + s.table.back() + "'.");
    }
    BulkTarget bulk;
    for (const ColumnDefinition& column : s.columns) {
        const ColumnInfo* info = target->find(column.name);
        if (info == nullptr) {
            fail(207, "Invalid column name '" + column.name + "'.");
        }
        bulk.keep_identity = bulk.keep_identity || info->identity;
        bulk.columns.push_back(info->name);
    }
    bulk.table = std::move(target);
    bulk_ = std::move(bulk);
    output_->statement_done(std::nullopt, false);
}

std::unique_ptr<BulkLoad> SessionImpl::begin_bulk(const std::vector<Column>& columns) {
    if (!bulk_) {
        return nullptr;
    }
    std::vector<Column> named = columns;
    for (std::size_t i = 0; i < named.size() && i < bulk_->columns.size(); ++i) {
        named[i].name = bulk_->columns[i];
    }
    const BulkTarget target = *std::exchange(bulk_, std::nullopt);
    return std::make_unique<Load>(*this, target.table, std::move(named), target.keep_identity);
}

void SessionImpl::bulk_insert(const TableInfo& target, const std::vector<Column>& columns, bool keep_identity,
                              const std::vector<std::vector<Value>>& rows, Output& output) {
    request(output, [&] {
        verb_ = "BULK INSERT";
        const bool own = transactions_ == 0;
        if (own) {
            backend_.script("BEGIN");
            transactions_ = 1;
            autocommit_ = true;
        }
        try {
            bulk_rows(target, columns, keep_identity, rows);
        } catch (const BackendError& error) {
            SqlError translated = translate_error(error);
            rollback_all();
            throw translated;
        }
        wrote_ = wrote_ || !target.temporary;
        pending_inserted_ += target.temporary ? 0 : rows.size();
        if (own) {
            commit_backend();
        }
        row_count_ = rows.size();
        output_->statement_done(row_count_, false);
    });
}

void SessionImpl::bulk_rows(const TableInfo& target, const std::vector<Column>& columns, bool keep_identity,
                            const std::vector<std::vector<Value>>& rows) {
    Translator translator(*this);
    std::string names;
    std::vector<const ColumnInfo*> targets;
    for (const Column& column : columns) {
        targets.push_back(target.find(column.name));
        names += (names.empty() ? "" : ", ") + quote_name(targets.back()->name);
    }
    const std::size_t batch = std::max<std::size_t>(1, parameter_limit / std::max<std::size_t>(columns.size(), 1));
    for (std::size_t start = 0; start < rows.size(); start += batch) {
        std::string sql = "INSERT INTO " + target.pg + " (" + names + ") VALUES ";
        std::vector<Value> parameters;
        for (std::size_t r = start; r < std::min(start + batch, rows.size()); ++r) {
            sql += r == start ? "(" : ", (";
            for (std::size_t c = 0; c < columns.size(); ++c) {
                const Value& value = rows[r][c];
                const bool bytes = is_binary(columns[c].type.kind) && value;
                parameters.push_back(bytes ? Value("\\x" + hex(*value)) : value);
                Sql cell;
                cell.type = columns[c].type;
                const std::string place = "$" + std::to_string(parameters.size());
                cell.text = cell.type.kind == TypeKind::datetimeoffset ? "sim.to_dto(" + place + ")"
                                                                       : place + "::" + pg_type(cell.type);
                sql += (c == 0 ? "" : ", ") + translator.store(cell, *targets[c], target);
            }
            sql += ")";
        }
        query(sql, parameters);
    }
    if (const ColumnInfo* identity = target.identity(); identity != nullptr && keep_identity) {
        query("SELECT sim.identity_moved($1, $2, (SELECT max(" + quote_name(identity->name) + ") FROM " + target.pg +
                  "))",
              {target.pg, identity->name});
    }
}

}  // namespace revsync::sim::tsql
