// UPDATE and DELETE. Where every join is an inner one PostgreSQL's own UPDATE … FROM says the same; otherwise, and for
// TOP and the values before an update, the rows are first found and locked by key and then changed.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

bool has_hint(const std::vector<std::string>& hints, std::string_view hint) {
    return std::find(hints.begin(), hints.end(), hint) != hints.end();
}

bool inner_only(const TableRef& ref) {
    if (ref.kind == TableKind::apply) {
        return false;
    }
    if (ref.kind != TableKind::join) {
        return true;
    }
    return (ref.join == "INNER" || ref.join == "CROSS") && inner_only(*ref.left) && inner_only(*ref.right);
}

std::string alias_of(const TableRef& ref) {
    return !ref.alias.empty() ? ref.alias : ref.name.empty() ? std::string() : ref.name.back();
}

// The table of a FROM clause that a target's name means: its alias, or its only mention.
const TableRef* find_target(const TableRef& ref, const Name& name) {
    if (ref.kind == TableKind::join || ref.kind == TableKind::apply) {
        const TableRef* found = find_target(*ref.left, name);
        return found != nullptr ? found : find_target(*ref.right, name);
    }
    if (ref.kind != TableKind::named && ref.kind != TableKind::variable) {
        return nullptr;
    }
    const bool by_alias = name.size() == 1 && same_name(alias_of(ref), name[0]);
    const bool by_name = ref.alias.empty() && same_name(ref.name.back(), name.back());
    return by_alias || by_name ? &ref : nullptr;
}

const TableRef* find_name(const TableRef& ref, const Name& name) {
    if (ref.kind == TableKind::join || ref.kind == TableKind::apply) {
        const TableRef* found = find_name(*ref.left, name);
        return found != nullptr ? found : find_name(*ref.right, name);
    }
    return !ref.name.empty() && same_name(ref.name.back(), name.back()) ? &ref : nullptr;
}

}  // namespace

void Translator::flatten(const TablePtr& ref, const std::string& alias, Target& target, bool& found) {
    if (ref->kind == TableKind::join) {
        // A subtree without the target stays as it is written.
        if (find_target(*ref, {alias}) == nullptr) {
            target.others.push_back(ref);
            return;
        }
        flatten(ref->left, alias, target, found);
        flatten(ref->right, alias, target, found);
        if (ref->on) {
            target.conditions.push_back(ref->on);
        }
        return;
    }
    if (!found && same_name(alias_of(*ref), alias)) {
        found = true;
        return;
    }
    target.others.push_back(ref);
}

Translator::Target Translator::dml_target(const Name& name, const std::vector<TablePtr>& from,
                                          const std::vector<std::string>& hints, const std::vector<CommonTable>& with,
                                          std::int32_t line) {
    Target target;
    target.hints = hints;
    for (const CommonTable& cte : with) {
        if (from.empty() && name.size() == 1 && same_name(cte.name, name[0])) {
            const Query& inner = *cte.query;
            if (!inner.set_operator.empty() || inner.core.from.size() != 1 ||
                inner.core.from[0]->kind != TableKind::named) {
                fail(4405,
                     "View or function '" + cte.name +
                         "' is not updatable because the modification affects multiple base tables.",
                     line);
            }
            target.table = require_table(inner.core.from[0]->name, line);
            target.alias = alias_of(*inner.core.from[0]);
            target.hints = inner.core.from[0]->hints;
            target.through = cte.query;
            target.direct = false;
            return target;
        }
    }
    const TableRef* ref = nullptr;
    for (const TablePtr& item : from) {
        ref = ref != nullptr ? ref : find_target(*item, name);
    }
    for (const TablePtr& item : from) {
        ref = ref != nullptr ? ref : find_name(*item, name);
    }
    if (ref == nullptr) {
        target.table = require_table(name, line);
        target.alias = name.back();
        target.others = from;
        return target;
    }
    target.table = require_table(ref->name, line);
    target.alias = alias_of(*ref);
    target.hints.insert(target.hints.end(), ref->hints.begin(), ref->hints.end());
    target.direct = std::all_of(from.begin(), from.end(), [](const TablePtr& item) { return inner_only(*item); });
    if (target.direct) {
        bool found = false;
        for (const TablePtr& item : from) {
            flatten(item, target.alias, target, found);
        }
    }
    return target;
}

void Translator::require_options(const TableInfo& table, std::string_view verb) const {
    if (!table.needs_options) {
        return;
    }
    std::string wrong;
    for (const char* name : {"ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS", "ARITHABORT", "CONCAT_NULL_YIELDS_NULL",
                             "QUOTED_IDENTIFIER"}) {
        // ANSI_WARNINGS ON implies ARITHABORT at this compatibility level.
        const bool implied = std::string_view(name) == "ARITHABORT" && env_.option("ANSI_WARNINGS");
        if (!env_.option(name) && !implied) {
            wrong += (wrong.empty() ? "" : ", ") + std::string(name);
        }
    }
    if (!wrong.empty()) {
        fail(1934, std::string(verb) + " failed because the following SET options have incorrect settings: '" + wrong +
                       "'. Verify that SET options are correct for use with indexed views and/or indexes on computed "
                       "columns and/or "
                       "filtered indexes and/or query notifications and/or XML data type methods and/or spatial index "
                       "operations.");
    }
}

std::vector<std::pair<std::string, std::string>> Translator::set_list(const std::vector<SetItem>& sets,
                                                                      const Target& target) {
    std::vector<std::pair<std::string, std::string>> list;
    for (const SetItem& item : sets) {
        const ColumnInfo* column = target.table->find(item.column.back());
        if (column == nullptr) {
            fail(207, "Invalid column name '" + item.column.back() + "'.", item.value->line);
        }
        if (column->identity) {
            fail(8102, "Cannot update identity column '" + column->name + "'.", item.value->line);
        }
        if (column->computed) {
            fail(271,
                 "The column \"" + column->name +
                     "\" cannot be modified because it is either a computed column or is the result of "
                     "a UNION operator.",
                 item.value->line);
        }
        if (item.value->kind == ExprKind::default_) {
            list.emplace_back(column->name, "DEFAULT");
            continue;
        }
        ExprPtr value = item.value;
        if (item.op != "=") {
            auto self = std::make_shared<Expr>();
            self->kind = ExprKind::column;
            self->name = {target.alias, column->name};
            auto sum = std::make_shared<Expr>();
            sum->kind = ExprKind::binary;
            sum->text = item.op.substr(0, 1);
            sum->args = {self, value};
            value = sum;
        }
        list.emplace_back(column->name, store(scalar(*value), *column, *target.table));
    }
    return list;
}

std::string Translator::direct_rest(const Target& target, const ExprPtr& where, std::string_view keyword) {
    std::string text;
    for (const TablePtr& other : target.others) {
        text += (text.empty() ? " " + std::string(keyword) + " " : ", ") + table(*other);
    }
    std::string condition;
    for (const ExprPtr& on : target.conditions) {
        condition += (condition.empty() ? " WHERE " : " AND ") + predicate(*on);
    }
    if (where) {
        condition += (condition.empty() ? " WHERE " : " AND ") + predicate(*where);
    }
    return text + condition;
}

std::string Translator::self_join(const Target& target, const std::vector<TablePtr>& from, const ExprPtr& where,
                                  const ExprPtr& top, const std::vector<std::pair<std::string, std::string>>& extra,
                                  const std::vector<SetItem>* sets,
                                  std::vector<std::pair<std::string, std::string>>* assigned) {
    const Query* through = target.through.get();
    const std::vector<TablePtr>& tables = through != nullptr ? through->core.from : from;
    const std::string alias = quote_name(target.alias);
    return nested([&] {
        std::string from_text;
        if (tables.empty()) {
            scope_->sources.push_back(source_of(*target.table, target.alias, {target.alias}));
            from_text = target.table->pg + " AS " + alias;
        } else {
            from_text = this->from(tables);
            locks_.clear();
        }
        std::string list;
        const std::vector<std::string>& key = target.table->primary_key;
        for (std::size_t i = 0; i < key.size(); ++i) {
            list += (i == 0 ? "" : ", ") + alias + "." + quote_name(key[i]) + " AS \"key~" + std::to_string(i) + "\"";
        }
        list += key.empty() ? alias + ".ctid AS \"key~0\"" : "";
        for (const auto& [column, name] : extra) {
            list += ", " + alias + "." + quote_name(column) + " AS " + quote_name(name);
        }
        if (sets != nullptr) {
            *assigned = set_list(*sets, target);
            for (auto& [column, value] : *assigned) {
                if (value != "DEFAULT") {
                    list += ", " + value + " AS " + quote_name("new~" + column);
                    value = "found." + quote_name("new~" + column);
                }
            }
        }
        std::string text = "SELECT " + list + " FROM " + from_text;
        std::string condition = through != nullptr && through->core.where ? predicate(*through->core.where) : "";
        if (where) {
            condition += (condition.empty() ? "" : " AND ") + predicate(*where);
        }
        text += condition.empty() ? "" : " WHERE " + condition;
        if (through != nullptr) {
            text += order_by(*through, {}, false) + limit(*through);
        } else if (top) {
            text += " LIMIT " + convert(scalar(*top), integer_type(TypeKind::bigint));
        }
        return text + " FOR UPDATE OF " + alias + (has_hint(target.hints, "READPAST") ? " SKIP LOCKED" : "");
    });
}

TranslatedDml Translator::update(const Update& statement) {
    TranslatedDml out;
    const std::string with = with_clause(statement.with);
    const Target target = dml_target(statement.table, statement.from, statement.hints, statement.with, 0);
    out.target = target.table;
    require_options(*target.table, "UPDATE");
    for (const SetItem& item : statement.sets) {
        out.updated.push_back(lower(item.column.back()));
    }
    const bool simple = target.direct && !statement.top && !statement.output;
    const std::string alias = simple ? target.alias : "changed";
    std::vector<std::pair<std::string, std::string>> values;
    std::string rest;
    std::vector<std::pair<std::string, std::string>> extra;
    Source deleted{"found", {}, {}};
    if (simple) {
        rest = nested([&] {
            scope_->sources.push_back(
                source_of(*target.table, target.alias,
                          target.alias == statement.table.back() ? statement.table : Name{target.alias}));
            const std::string made = direct_rest(target, statement.where, "FROM");
            values = set_list(statement.sets, target);
            return made;
        });
    } else {
        for (ColumnInfo column : statement.output ? target.table->columns : std::vector<ColumnInfo>{}) {
            const std::string name = "old~" + column.name;
            extra.emplace_back(column.name, name);
        }
        const std::string found =
            self_join(target, statement.from, statement.where, statement.top, extra, &statement.sets, &values);
        std::string on;
        const auto& key = target.table->primary_key;
        for (std::size_t i = 0; i < std::max<std::size_t>(key.size(), 1); ++i) {
            on += (i == 0 ? " WHERE " : " AND ") + std::string("changed.") +
                  (key.empty() ? "ctid" : quote_name(key[i])) + " = found.\"key~" + std::to_string(i) + "\"";
        }
        rest = " FROM (" + found + ") AS found" + on;
    }
    std::string change = "UPDATE " + target.table->pg + " AS " + quote_name(alias) + " SET ";
    for (std::size_t i = 0; i < values.size(); ++i) {
        change += (i == 0 ? "" : ", ") + quote_name(values[i].first) + " = " + values[i].second;
    }
    deleted.columns = target.table->columns;
    finish_change(statement.output, with, change + rest, Source{alias, {}, target.table->columns}, deleted, "", out);
    return out;
}

TranslatedDml Translator::remove(const Delete& statement) {
    TranslatedDml out;
    const std::string with = with_clause(statement.with);
    const Target target = dml_target(statement.table, statement.from, statement.hints, statement.with, 0);
    out.target = target.table;
    require_options(*target.table, "DELETE");
    const bool simple = target.direct && !statement.top;
    const std::string alias = simple ? target.alias : "changed";
    std::string change = "DELETE FROM " + target.table->pg + " AS " + quote_name(alias);
    if (simple) {
        change += nested([&] {
            scope_->sources.push_back(
                source_of(*target.table, target.alias,
                          target.alias == statement.table.back() ? statement.table : Name{target.alias}));
            return direct_rest(target, statement.where, "USING");
        });
    } else {
        const std::string found =
            self_join(target, statement.from, statement.where, statement.top, {}, nullptr, nullptr);
        change += " USING (" + found + ") AS found";
        const auto& key = target.table->primary_key;
        for (std::size_t i = 0; i < std::max<std::size_t>(key.size(), 1); ++i) {
            change += (i == 0 ? " WHERE " : " AND ") + std::string("changed.") +
                      (key.empty() ? "ctid" : quote_name(key[i])) + " = found.\"key~" + std::to_string(i) + "\"";
        }
    }
    finish_change(statement.output, with, change, Source{}, Source{alias, {}, target.table->columns}, "", out);
    return out;
}

}  // namespace revsync::sim::tsql
