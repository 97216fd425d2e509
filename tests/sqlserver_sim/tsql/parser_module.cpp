// Procedures, triggers, views and functions: their text is kept, their body parsed at once so that errors show early.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

StatementBody Parser::create_module(std::size_t start, bool alter, bool or_alter) {
    CreateModule module;
    module.alter = alter;
    module.or_alter = or_alter;
    if (accept("PROCEDURE") || accept("PROC")) {
        module.kind = ModuleKind::procedure;
        module.name = dotted_name();
        procedure_body(module);
    } else if (accept("TRIGGER")) {
        module.kind = ModuleKind::trigger;
        module.name = dotted_name();
        trigger_body(module);
    } else if (accept("VIEW")) {
        module.kind = ModuleKind::view;
        module.name = dotted_name();
        view_body(module);
    } else if (accept("FUNCTION")) {
        module.kind = ModuleKind::function;
        module.name = dotted_name();
        function_body(module);
    } else {
        unexpected();
    }
    module.definition = source(start);
    return module;
}

void Parser::procedure_body(CreateModule& module) {
    const bool bracket = accept_symbol("(");
    if (peek().kind == TokenKind::variable) {
        module.parameters = parameters(bracket);
    }
    if (bracket) {
        expect_symbol(")");
    }
    if (accept("WITH")) {
        do {
            take();
            if (accept("AS")) {
                take();
            }
        } while (accept_symbol(","));
    }
    expect("AS");
    module.body = batch();
}

void Parser::trigger_body(CreateModule& module) {
    expect("ON");
    module.table = dotted_name();
    if (accept("WITH")) {
        take();
        if (accept("AS")) {
            take();
        }
    }
    if (!accept("AFTER")) {
        expect("FOR");
    }
    do {
        if (!at("INSERT") && !at("UPDATE") && !at("DELETE")) {
            unexpected();
        }
        module.events.push_back(take().keyword);
    } while (accept_symbol(","));
    accept_all({"NOT", "FOR", "REPLICATION"});
    expect("AS");
    module.body = batch();
}

void Parser::view_body(CreateModule& module) {
    if (at_symbol("(")) {
        module.columns = name_list();
    }
    if (accept("WITH")) {
        do {
            take();
        } while (accept_symbol(","));
    }
    expect("AS");
    module.query = query();
    accept_symbol(";");
    if (accept_all({"WITH", "CHECK", "OPTION"})) {
        accept_symbol(";");
    }
    if (!at_end()) {
        unexpected();
    }
}

// Only a scalar function whose body is one RETURN can become part of a PostgreSQL statement.
void Parser::function_body(CreateModule& module) {
    expect_symbol("(");
    module.parameters = parameters(true);
    expect_symbol(")");
    expect("RETURNS");
    module.returns = data_type();
    if (accept("WITH")) {
        do {
            take();
        } while (accept_symbol(","));
    }
    expect("AS");
    module.body = batch();
}

}  // namespace revsync::sim::tsql
