// CREATE, ALTER and DROP of tables and indexes.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

StatementBody Parser::create() {
    const std::size_t start = peek().offset;
    take();
    const bool or_alter = accept_all({"OR", "ALTER"});
    if (!or_alter) {
        if (accept("TABLE")) {
            return create_table();
        }
        const bool unique = accept("UNIQUE");
        const bool clustered = accept("CLUSTERED");
        if (!clustered) {
            accept("NONCLUSTERED");
        }
        if (accept("INDEX")) {
            auto made = create_index(unique);
            std::get<CreateIndex>(made).clustered = clustered;
            return made;
        }
        if (unique) {
            unexpected();
        }
        if (accept("SCHEMA")) {
            return CreateSchema{identifier()};
        }
        if (accept("SEQUENCE")) {
            return create_sequence();
        }
    }
    return create_module(start, false, or_alter);
}

StatementBody Parser::create_sequence() {
    CreateSequence made;
    made.name = dotted_name();
    made.type.kind = TypeKind::bigint;
    if (accept("AS")) {
        made.type = data_type();
    }
    while (at("START") || at("INCREMENT")) {
        const bool start = take().keyword == "START";
        if (!accept("WITH")) {
            expect("BY");
        }
        (start ? made.start : made.increment) = signed_integer();
    }
    return made;
}

StatementBody Parser::create_table() {
    CreateTable made;
    made.table = dotted_name();
    table_elements(made.columns, made.constraints);
    if (accept("ON")) {
        identifier();
    }
    if (accept("TEXTIMAGE_ON")) {
        identifier();
    }
    return made;
}

void Parser::table_elements(std::vector<ColumnDefinition>& columns, std::vector<ConstraintDefinition>& constraints) {
    expect_symbol("(");
    do {
        if (at_symbol(")")) {
            break;  // a comma before the bracket is allowed
        }
        if (at_constraint()) {
            constraints.push_back(constraint_definition(""));
        } else {
            columns.push_back(column_definition(constraints));
        }
    } while (accept_symbol(","));
    expect_symbol(")");
}

bool Parser::at_constraint() const {
    return at("CONSTRAINT") || at("PRIMARY") || at("UNIQUE") || at("FOREIGN") || at("CHECK");
}

ColumnDefinition Parser::column_definition(std::vector<ConstraintDefinition>& constraints) {
    ColumnDefinition column;
    column.line = peek().line;
    column.name = identifier();
    if (accept("AS")) {
        const std::size_t start = peek().offset;
        column.computed = expression();
        column.computed_text = source(start);
        column.persisted = accept("PERSISTED");
    } else {
        column.type = data_type();
    }
    while (column_option(column, constraints)) {
    }
    return column;
}

bool Parser::column_option(ColumnDefinition& column, std::vector<ConstraintDefinition>& constraints) {
    if (accept("NULL")) {
        column.nullable = true;
    } else if (accept_all({"NOT", "NULL"})) {
        column.nullable = false;
    } else if (accept("COLLATE")) {
        column.collation = collation();
    } else if (accept("IDENTITY")) {
        column.identity = true;
        if (accept_symbol("(")) {
            column.seed = signed_integer();
            expect_symbol(",");
            column.increment = signed_integer();
            expect_symbol(")");
        }
    } else if (accept_all({"NOT", "FOR", "REPLICATION"}) || accept("ROWGUIDCOL") || accept("SPARSE")) {
        // Without meaning here.
    } else if (at("DEFAULT") || (at("CONSTRAINT") && at("DEFAULT", 2))) {
        if (accept("CONSTRAINT")) {
            column.default_name = identifier();
        }
        take();
        const std::size_t start = peek().offset;
        column.default_value = additive();
        column.default_text = source(start);
        accept_all({"WITH", "VALUES"});
    } else if (at_constraint() || at("REFERENCES")) {
        constraints.push_back(constraint_definition(column.name));
    } else {
        return false;
    }
    return true;
}

void Parser::key_options() {
    if (at("WITH") && at_symbol("(", 1)) {
        take();
        take();
        while (!accept_symbol(")")) {
            if (at_end()) {
                unexpected();
            }
            take();
        }
    }
    if (accept("ON")) {
        identifier();
    }
}

ConstraintDefinition Parser::constraint_definition(const std::string& column) {
    ConstraintDefinition made;
    if (accept("CONSTRAINT")) {
        made.name = identifier();
    }
    if (at("PRIMARY") || at("UNIQUE")) {
        made.kind = take().keyword == "PRIMARY" ? ConstraintKind::primary_key : ConstraintKind::unique;
        if (made.kind == ConstraintKind::primary_key) {
            expect("KEY");
        }
        made.clustered = accept("CLUSTERED");
        if (!made.clustered) {
            accept("NONCLUSTERED");
        }
        made.columns = column.empty() || at_symbol("(") ? name_list() : std::vector<std::string>{column};
        key_options();
    } else if (accept("FOREIGN")) {
        expect("KEY");
        made.columns = column.empty() || at_symbol("(") ? name_list() : std::vector<std::string>{column};
        references(made);
    } else if (at("REFERENCES")) {
        made.columns = {column};
        references(made);
    } else if (accept("DEFAULT")) {
        made.kind = ConstraintKind::default_;
        const std::size_t start = peek().offset;
        made.check = additive();
        made.text = source(start);
        expect("FOR");
        made.columns = {identifier()};
    } else {
        expect("CHECK");
        accept_all({"NOT", "FOR", "REPLICATION"});
        expect_symbol("(");
        const std::size_t start = peek().offset;
        made.check = expression();
        made.text = source(start);
        expect_symbol(")");
    }
    return made;
}

void Parser::references(ConstraintDefinition& constraint) {
    constraint.kind = ConstraintKind::foreign_key;
    expect("REFERENCES");
    constraint.referenced = dotted_name();
    if (at_symbol("(")) {
        constraint.referenced_columns = name_list();
    }
    while (accept("ON")) {
        const bool on_delete = accept("DELETE");
        if (!on_delete) {
            expect("UPDATE");
        }
        std::string action = take().keyword;
        if (action == "NO" || action == "SET") {
            action += " " + take().keyword;
        }
        (on_delete ? constraint.on_delete : constraint.on_update) = action;
    }
    accept_all({"NOT", "FOR", "REPLICATION"});
}

StatementBody Parser::create_index(bool unique) {
    CreateIndex made;
    made.unique = unique;
    made.name = identifier();
    expect("ON");
    made.table = dotted_name();
    expect_symbol("(");
    made.columns = order_list();
    expect_symbol(")");
    if (accept("INCLUDE")) {
        made.include = name_list();
    }
    if (accept("WHERE")) {
        made.where = expression();
    }
    key_options();
    return made;
}

StatementBody Parser::alter() {
    const std::size_t start = peek().offset;
    take();
    if (accept("TABLE")) {
        return alter_table();
    }
    if (at("INDEX") || at("DATABASE") || at("AUTHORIZATION")) {
        unexpected();
    }
    return create_module(start, true, false);
}

StatementBody Parser::alter_table() {
    AlterTable made;
    made.table = dotted_name();
    const bool unchecked = accept_all({"WITH", "NOCHECK"});
    if (!unchecked) {
        accept_all({"WITH", "CHECK"});
    }
    if (accept("ADD")) {
        do {
            if (at_constraint() || at("DEFAULT")) {
                made.constraints.push_back(constraint_definition(""));
                made.constraints.back().unchecked = unchecked;
            } else {
                made.columns.push_back(column_definition(made.constraints));
            }
        } while (accept_symbol(","));
        return made;
    }
    if (accept_all({"ALTER", "COLUMN"})) {
        made.action = AlterAction::alter_column;
        made.columns.push_back(column_definition(made.constraints));
        return made;
    }
    if (accept("DROP")) {
        const bool column = accept("COLUMN");
        if (!column) {
            accept("CONSTRAINT");
        }
        made.action = column ? AlterAction::drop_column : AlterAction::drop_constraint;
        made.if_exists = accept_all({"IF", "EXISTS"});
    } else if (at("CHECK") || at("NOCHECK")) {
        made.action = take().keyword == "CHECK" ? AlterAction::check : AlterAction::nocheck;
        expect("CONSTRAINT");
    } else if (at("ENABLE") || at("DISABLE")) {
        made.action = take().keyword == "ENABLE" ? AlterAction::enable_trigger : AlterAction::disable_trigger;
        expect("TRIGGER");
    } else {
        unexpected();
    }
    if (accept("ALL")) {
        return made;
    }
    do {
        made.names.push_back(identifier());
    } while (accept_symbol(","));
    return made;
}

StatementBody Parser::trigger_switch(bool enable) {
    AlterTable made;
    made.action = enable ? AlterAction::enable_trigger : AlterAction::disable_trigger;
    expect("TRIGGER");
    if (!accept("ALL")) {
        do {
            made.names.push_back(dotted_name().back());
        } while (accept_symbol(","));
    }
    expect("ON");
    made.table = dotted_name();
    return made;
}

StatementBody Parser::drop() {
    Drop made;
    if (peek().kind != TokenKind::name) {
        unexpected();
    }
    made.kind = peek().keyword == "PROC" ? "PROCEDURE" : peek().keyword;
    const bool known = made.kind == "TABLE" || made.kind == "VIEW" || made.kind == "PROCEDURE" ||
                       made.kind == "TRIGGER" || made.kind == "INDEX" || made.kind == "FUNCTION" ||
                       made.kind == "SCHEMA" || made.kind == "SEQUENCE";
    if (!known) {
        unexpected();
    }
    take();
    made.if_exists = accept_all({"IF", "EXISTS"});
    do {
        made.names.push_back(dotted_name());
        if (made.kind == "INDEX" && accept("ON")) {
            made.on = dotted_name();
        }
    } while (accept_symbol(","));
    return made;
}

}  // namespace revsync::sim::tsql
