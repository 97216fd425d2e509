// EXECUTE: procedures, dynamic text, and the scope that each of them is.
#include <algorithm>
#include <cstdlib>

#include "parser.hpp"
#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::string dotted(const Name& name) {
    std::string text;
    for (const auto& part : name) {
        text += (text.empty() ? "" : ".") + part;
    }
    return text;
}

}  // namespace

void SessionImpl::drop_frame_tables(Frame& frame) {
    for (const auto& [name, temporary] : frame.tables) {
        garbage_.push_back(temporary);
    }
    frame.tables.clear();
}

// Empties or drops what ended scopes left behind; a transaction that has failed must be gone first. What is emptied
// again and again keeps its dead rows, so it is dropped in the end.
void SessionImpl::collect_garbage() {
    if (garbage_.empty() || !backend_.alive()) {
        return;
    }
    constexpr int most_uses = 50;
    constexpr std::size_t most_spares = 8;
    std::string sql;
    std::multimap<std::string, SpareTable> spares = spare_tables_;
    for (const TemporaryTable& table : garbage_) {
        const bool spare = transactions_ == 0 && !table.in_transaction && !table.definition.empty() &&
                           table.uses < most_uses && spares.size() < most_spares;
        sql += (spare ? "DELETE FROM " : "DROP TABLE IF EXISTS ") + table.info->pg + ";";
        if (spare) {
            spares.emplace(table.definition, SpareTable{table.info->pg, table.uses});
        }
    }
    try {
        backend_.script(sql);
        garbage_.clear();
        spare_tables_ = std::move(spares);
    } catch (const BackendError&) {
        // Inside a transaction that failed: after its end they are dropped, or were never there.
    }
}

int SessionImpl::in_frame(const std::string& procedure, const std::function<void(Frame&)>& prepare,
                          const std::function<void()>& body, const std::function<void(Frame&)>& collect) {
    if (depth_ >= 32) {
        fail(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");
    }
    Frame frame;
    frame.caller = frame_;
    frame.procedure = procedure;
    prepare(frame);
    const Options outer = options_;
    const Value scope_identity = std::exchange(scope_identity_, std::nullopt);
    const int transactions = transactions_;
    frame_ = &frame;
    ++depth_;
    const auto leave = [&] {
        frame_ = frame.caller;
        --depth_;
        drop_frame_tables(frame);
        const bool lock_timeout = options_.lock_timeout_ms != outer.lock_timeout_ms;
        options_ = outer;
        scope_identity_ = scope_identity;
        if (lock_timeout && backend_.alive() && !doomed_) {
            restore_lock_timeout_ = true;
        }
    };
    try {
        body();
        collect(frame);
    } catch (...) {
        leave();
        throw;
    }
    leave();
    if (transactions != transactions_ && frame.trigger == nullptr) {
        Message message;
        message.number = 266;
        message.severity = 16;
        message.state = 2;
        message.line = frame_->line;
        message.procedure = procedure;
        message.text =
            "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous "
            "count = " +
            std::to_string(transactions) + ", current count = " + std::to_string(transactions_) + ".";
        output_->message(message);
    }
    return frame.return_status;
}

void SessionImpl::bind_arguments(Frame& frame, const std::vector<ParameterDefinition>& parameters,
                                 std::vector<CallArgument>& arguments, std::size_t first,
                                 const std::string& procedure) {
    std::vector<bool> given(parameters.size(), false);
    bool named = false;
    for (std::size_t i = first; i < arguments.size(); ++i) {
        CallArgument& argument = arguments[i];
        std::size_t position = i - first;
        if (!argument.name.empty()) {
            named = true;
            const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const ParameterDefinition& p) {
                return same_name(p.name, argument.name);
            });
            if (found == parameters.end()) {
                fail(8145, argument.name + " is not a parameter for procedure " + procedure + ".");
            }
            position = static_cast<std::size_t>(found - parameters.begin());
        } else if (named) {
            fail(119, "Must pass parameter number " + std::to_string(i + 1) +
                          " and subsequent parameters as '@name = value'.");
        }
        if (position >= parameters.size()) {
            fail(8144, "Procedure or function " + procedure + " has too many arguments specified.");
        }
        const ParameterDefinition& parameter = parameters[position];
        if (argument.output && !parameter.output) {
            fail(8162, "The formal parameter \"" + parameter.name +
                           "\" was not declared as an OUTPUT parameter, but the actual parameter passed in "
                           "requested output.");
        }
        if (argument.use_default) {
            continue;
        }
        given[position] = true;
        argument.name = parameter.name;
        try {
            frame.variables[parameter.name] = Variable{parameter.type, converted(argument.value, parameter.type).value};
        } catch (const BackendError& error) {
            const SqlError cause = translate_error(error);
            if (cause.message.number != 245 && cause.message.number != 241) {
                throw;
            }
            fail(8114,
                 "Error converting data type " + base_name(argument.value.type.kind) + " to " +
                     base_name(parameter.type.kind) + ".",
                 0, 5);
        }
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (given[i]) {
            continue;
        }
        const ParameterDefinition& parameter = parameters[i];
        if (!parameter.default_value && procedure == "sp_executesql") {
            std::string declaration;
            fail(8178,
                 "The parameterized query expects the parameter '" + parameter.name + "', which was not supplied.");
        }
        if (!parameter.default_value && !parameter.output) {
            fail(201,
                 "Procedure or function '" + procedure + "' expects parameter '" + parameter.name +
                     "', which was not supplied.",
                 0, 4);
        }
        frame.variables[parameter.name] = Variable{
            parameter.type, parameter.default_value ? evaluate(*parameter.default_value, parameter.type) : Value()};
    }
}

int SessionImpl::run_text(const std::string& sql, const std::vector<ParameterDefinition>& parameters,
                          std::vector<CallArgument>& arguments, std::size_t first) {
    const auto tree = server_->parsed.batch(sql, options_.get("QUOTED_IDENTIFIER"));
    return in_frame(
        "", [&](Frame& frame) { bind_arguments(frame, parameters, arguments, first, "sp_executesql"); },
        [&] { run_block(*tree); },
        [&](Frame& frame) {
            for (std::size_t i = first; i < arguments.size(); ++i) {
                if (arguments[i].output) {
                    const Variable& variable = frame.variables[arguments[i].name];
                    arguments[i].value = {variable.type, variable.value};
                }
            }
        });
}

int SessionImpl::run_module(const ModuleInfo& module, std::vector<CallArgument>& arguments) {
    const auto tree = server_->parsed.batch(module.definition, true);
    const auto& definition = std::get<CreateModule>(tree->at(0)->body);
    return in_frame(
        module.name, [&](Frame& frame) { bind_arguments(frame, definition.parameters, arguments, 0, module.name); },
        [&] { run_block(definition.body); },
        [&](Frame& frame) {
            for (CallArgument& argument : arguments) {
                if (argument.output && !argument.use_default) {
                    const Variable& variable = frame.variables[argument.name];
                    argument.value = {variable.type, variable.value};
                }
            }
        });
}

int SessionImpl::call_procedure(const Name& name, std::vector<CallArgument>& arguments) {
    const auto& system = system_procedures();
    if (const auto found = system.find(lower(name.back())); found != system.end()) {
        return (this->*found->second)(arguments);
    }
    const auto [schema, object] = schema_and_name(name);
    catalog_.refresh(server_->schema_version);
    const auto module = catalog_.module(backend_, schema, object);
    if (!module || module->kind != "P") {
        fail(2812, "Could not find stored procedure '" + dotted(name) + "'.", 0, 62);
    }
    return run_module(*module, arguments);
}

void SessionImpl::execute(const Execute& s) {
    if (s.text) {
        std::vector<CallArgument> none;
        run_text(evaluate(*s.text, string_type(max_length)).value_or(""), {}, none, 0);
        return;
    }
    std::vector<CallArgument> arguments;
    for (const Argument& given : s.arguments) {
        CallArgument argument;
        argument.name = given.name;
        argument.use_default = given.value->kind == ExprKind::default_;
        if (!argument.use_default) {
            argument.value = evaluate(*given.value);
        }
        argument.output = given.output;
        if (given.output) {
            if (given.value->kind != ExprKind::variable) {
                fail(179, "Cannot use the OUTPUT option when passing a constant to a stored procedure.");
            }
            argument.variable = given.value->text;
        }
        arguments.push_back(std::move(argument));
    }
    Name name = s.procedure;
    if (!s.procedure_variable.empty()) {
        name = {require_variable(s.procedure_variable).value.value_or("")};
    }
    const int status = call_procedure(name, arguments);
    for (const CallArgument& argument : arguments) {
        if (argument.output) {
            Variable& variable = require_variable(argument.variable);
            variable.value = converted(argument.value, variable.type).value;
        }
    }
    if (!s.result.empty()) {
        require_variable(s.result).value = std::to_string(status);
    }
}

int SessionImpl::execute_sql(std::vector<CallArgument>& arguments) {
    if (arguments.empty()) {
        fail(201, "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied.");
    }
    const std::string sql = arguments[0].value.value.value_or("");
    std::vector<ParameterDefinition> parameters;
    if (arguments.size() > 1) {
        parameters = *server_->declarations.get(arguments[1].value.value.value_or(""));
    }
    return run_text(sql, parameters, arguments, std::min<std::size_t>(arguments.size(), 2));
}

}  // namespace revsync::sim::tsql
