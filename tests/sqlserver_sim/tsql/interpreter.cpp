// The statements that direct the flow, and what a failing statement leads to.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

template <typename... F>
struct Overload : F... {
    using F::operator()...;
};
template <typename... F>
Overload(F...) -> Overload<F...>;

// Their inner statements have set @@ERROR already.
bool keeps_error(const StatementBody& body) {
    return std::holds_alternative<If>(body) || std::holds_alternative<While>(body) ||
           std::holds_alternative<Compound>(body) || std::holds_alternative<TryCatch>(body) ||
           std::holds_alternative<Execute>(body) || std::holds_alternative<RaisError>(body) ||
           std::holds_alternative<Declare>(body);
}

// SET NOEXEC OFF is the one statement that NOEXEC lets run.
bool sets_noexec(const StatementBody& body) {
    const auto* option = std::get_if<SetOption>(&body);
    return option != nullptr && std::find(option->names.begin(), option->names.end(), "NOEXEC") != option->names.end();
}

}  // namespace

void SessionImpl::throw_if_cancelled() const {
    if (cancelled_) {
        throw Cancelled{};
    }
}

Flow SessionImpl::run_block(const Block& block) {
    for (const StatementPtr& statement : block) {
        const Flow flow = run(*statement);
        if (flow != Flow::next) {
            return flow;
        }
    }
    return Flow::next;
}

Flow SessionImpl::run(const Statement& statement) {
    throw_if_cancelled();
    frame_->line = statement.line;
    if (options_.get("NOEXEC") && !sets_noexec(statement.body)) {
        return Flow::next;
    }
    try {
        const Flow flow = dispatch(statement);
        error_ = keeps_error(statement.body) ? error_ : 0;
        return flow;
    } catch (const BackendError& error) {
        throw_if_cancelled();
        failed(translate_error(error));
    } catch (SqlError& error) {
        failed(std::move(error));
    }
    return Flow::next;
}

Flow SessionImpl::dispatch(const Statement& statement) {
    return std::visit(
        Overload{[&](const Compound& s) { return run_block(s.body); }, [&](const If& s) { return execute(s); },
                 [&](const While& s) { return execute(s); }, [&](const TryCatch& s) { return execute(s); },
                 [&](const Return& s) { return execute(s); },
                 [&](const LoopJump& s) { return s.leave ? Flow::leave_loop : Flow::next_round; },
                 [&](const Nothing&) { return Flow::next; },
                 [&](const auto& s) {
                     execute(s);
                     return Flow::next;
                 }},
        statement.body);
}

// Tells the client or the surrounding TRY block, and ends as much as the failure asks for.
void SessionImpl::failed(SqlError error) {
    if (error.message.line == 0) {
        error.message.line = frame_->line;
    }
    if (error.message.procedure.empty()) {
        error.message.procedure = frame_->procedure;
    }
    if (error.depth == 0) {
        error.depth = depth_;
    }
    error_ = error.message.number;
    row_count_ = 0;
    const bool in_trigger = frame_->trigger != nullptr;
    const bool fatal = options_.get("XACT_ABORT") || error.consequence == Consequence::transaction || in_trigger;
    if (try_depth_ > 0) {
        doomed_ = doomed_ || (transactions_ > 0 && fatal);
        throw error;
    }
    output_->message(error.message);
    output_->statement_done(std::nullopt, true);
    if (fatal && transactions_ > 0) {
        rollback_all();
    }
    if (fatal || error.consequence == Consequence::batch) {
        throw BatchEnd{};
    }
}

Flow SessionImpl::execute(const If& s) {
    if (holds(*s.condition)) {
        return run(*s.then);
    }
    return s.otherwise ? run(*s.otherwise) : Flow::next;
}

Flow SessionImpl::execute(const While& s) {
    while (holds(*s.condition)) {
        throw_if_cancelled();
        const Flow flow = run(*s.body);
        if (flow == Flow::leave_loop) {
            break;
        }
        if (flow == Flow::leave_module) {
            return flow;
        }
    }
    return Flow::next;
}

Flow SessionImpl::execute(const TryCatch& s) {
    ++try_depth_;
    const int depth = depth_;
    Frame* const frame = frame_;
    std::optional<SqlError> caught;
    try {
        const Flow flow = run_block(s.body);
        --try_depth_;
        return flow;
    } catch (SqlError& error) {
        --try_depth_;
        // A name that does not exist is not caught where the statement itself stands.
        if (error.binding && error.depth == depth) {
            failed(std::move(error));
        }
        caught = std::move(error);
    } catch (...) {
        --try_depth_;
        throw;
    }
    frame_ = frame;
    depth_ = depth;
    auto outer = std::exchange(frame_->caught, std::move(caught));
    error_ = frame_->caught->message.number;
    const Flow flow = run_block(s.handler);
    frame_->caught = std::move(outer);
    return flow;
}

Flow SessionImpl::execute(const Return& s) {
    if (s.value) {
        const Value value = evaluate(*s.value, integer_type());
        frame_->return_status = value ? std::atoi(value->c_str()) : 0;
    }
    return Flow::leave_module;
}

void SessionImpl::execute(const Declare& s) {
    for (const Declaration& item : s.items) {
        const bool known = frame_->variables.count(item.name) != 0;
        if (item.table) {
            if (frame_->tables.count(item.name) == 0) {
                create_temporary(item.name, item.columns, item.constraints, true);
            }
            continue;
        }
        // A DECLARE inside a loop is met again: only its initial value counts then.
        if (!known) {
            frame_->variables[item.name] = Variable{item.type, std::nullopt};
        }
        if (item.value) {
            Value value = evaluate(*item.value, item.type);
            frame_->variables[item.name].value = std::move(value);
            row_count_ = 1;
        }
    }
}

void SessionImpl::execute(const SetVariable& s) {
    Variable& variable = require_variable(s.name);
    if (s.op == "=") {
        variable.value = evaluate(*s.value, variable.type);
        row_count_ = 1;
        return;
    }
    auto self = std::make_shared<Expr>();
    self->kind = ExprKind::variable;
    self->text = s.name;
    auto sum = std::make_shared<Expr>();
    sum->kind = ExprKind::binary;
    sum->text = s.op.substr(0, 1);
    sum->args = {self, s.value};
    variable.value = evaluate(*sum, variable.type);
    row_count_ = 1;
}

void SessionImpl::execute(const SetOption& s) {
    row_count_ = 0;
    for (const std::string& name : s.names) {
        set_option(name, s);
    }
}

void SessionImpl::set_option(const std::string& name, const SetOption& s) {
    const std::string value = s.expr ? evaluate(*s.expr, string_type(128)).value_or("") : s.value;
    if (name == "IDENTITY_INSERT") {
        const TableInfoPtr target = table(s.table);
        if (!target) {
            fail(1088, "Cannot find the object \"" + s.table.back() +
                           "\" because it does not exist or you do not have permissions.");
        }
        if (target->identity() == nullptr) {
            fail(8106,
                 "Table '" + target->name + "' does not have the identity property. Cannot perform SET operation.");
        }
        if (value == "OFF") {
            options_.identity_insert = options_.identity_insert == target->pg ? "" : options_.identity_insert;
        } else if (!options_.identity_insert.empty() && options_.identity_insert != target->pg) {
            fail(8107, "IDENTITY_INSERT is already ON for table '" + options_.identity_insert_name +
                           "'. Cannot perform SET operation for table '" + target->name + "'.");
        } else {
            options_.identity_insert = target->pg;
            options_.identity_insert_name = database_ + "." + target->schema + "." + target->name;
        }
    } else if (name == "TEXTSIZE") {
        const std::int64_t size = std::atoll(value.c_str());
        options_.text_size = size == 0 ? 4096 : size < 0 ? 2147483647 : size;
    } else if (name == "LOCK_TIMEOUT") {
        options_.lock_timeout_ms = std::atoi(value.c_str());
        const int ms = options_.lock_timeout_ms < 0 ? 0 : std::max(options_.lock_timeout_ms, 1);
        backend_.script("SET lock_timeout = " + std::to_string(ms));
    } else if (name == "ISOLATION") {
        options_.isolation = value;
    } else if (name == "ROWCOUNT") {
        options_.row_limit = std::atoll(value.c_str());
    } else if (name == "DATEFORMAT" || name == "DATEFIRST" || name == "LANGUAGE" || name == "DEADLOCK_PRIORITY" ||
               name == "CONTEXT_INFO" || name == "QUERY_GOVERNOR_COST_LIMIT") {
        // Accepted: dates are read as year-month-day, errors are in English.
    } else if (!options_.set(name, same_name(value, "ON"))) {
        fail(195, "'" + name + "' is not a recognized SET option.");
    }
}

void SessionImpl::execute(const Throw& s) {
    if (!s.number) {
        if (!frame_->caught) {
            fail(10704,
                 "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement "
                 "inside a CATCH "
                 "block, or add error parameters to the THROW statement.");
        }
        SqlError again = *frame_->caught;
        again.consequence = Consequence::batch;
        again.binding = false;
        throw again;
    }
    Message message;
    message.number = std::atoi(evaluate(*s.number, integer_type()).value_or("50000").c_str());
    message.text = evaluate(*s.text, string_type(2048)).value_or("");
    message.state = static_cast<std::uint8_t>(std::atoi(evaluate(*s.state, integer_type()).value_or("1").c_str()));
    message.line = frame_->line;
    message.severity = 16;
    throw SqlError(std::move(message), Consequence::batch);
}

std::string SessionImpl::raised_text(const RaisError& s) {
    const std::string format = text_of(*s.text);
    std::string text;
    std::size_t next = 0;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            text += format[i];
            continue;
        }
        std::size_t end = format.find_first_of("dioxXusS%", i + 1);
        end = std::min(end, format.size() - 1);
        if (format[end] == '%') {
            text += '%';
        } else if (next < s.args.size()) {
            text += text_of(*s.args[next++]);
        } else {
            text += "(null)";
        }
        i = end;
    }
    return text;
}

void SessionImpl::execute(const RaisError& s) {
    const int severity = std::atoi(text_of(*s.severity).c_str());
    const int state = std::atoi(text_of(*s.state).c_str());
    Message message;
    message.number = 50000;
    message.text = raised_text(s);
    message.severity = static_cast<std::uint8_t>(std::clamp(severity, 0, 25));
    message.state = static_cast<std::uint8_t>(std::clamp(state, 0, 255));
    message.line = frame_->line;
    message.procedure = frame_->procedure;
    if (severity <= 10) {
        output_->message(message);
        return;
    }
    if (try_depth_ > 0) {
        throw SqlError(std::move(message), Consequence::statement);
    }
    // Without TRY, RAISERROR only tells: neither XACT_ABORT nor a trigger makes it end anything.
    error_ = message.number;
    output_->message(message);
    output_->statement_done(std::nullopt, true);
}

void SessionImpl::execute(const Print& s) {
    Message message;
    message.number = 0;
    message.severity = 0;
    message.line = frame_->line;
    message.procedure = frame_->procedure;
    message.text = text_of(*s.text);
    output_->message(message);
}

void SessionImpl::execute(const Use& s) {
    static constexpr std::string_view system[] = {"master", "tempdb", "model", "msdb"};
    std::string name = same_name(s.database, server_->options.database) ? server_->options.database : "";
    for (const std::string_view one : system) {
        name = same_name(s.database, one) ? std::string(one) : name;
    }
    if (name.empty()) {
        fail(911, "Database '" + s.database + "' does not exist. Make sure that the name is entered correctly.");
    }
    database_ = name;
    output_->environment(EnvironmentChange::database, database_);
    Message message;
    message.number = 5701;
    message.severity = 0;
    message.state = 2;
    message.text = "Changed database context to '" + database_ + "'.";
    output_->message(message);
}

void SessionImpl::execute(const WaitFor& s) {
    const std::string text = text_of(*s.delay);
    int hours = 0;
    int minutes = 0;
    double seconds = 0;
    if (std::sscanf(text.c_str(), "%d:%d:%lf", &hours, &minutes, &seconds) < 2) {
        fail(148, "Incorrect time syntax in time string '" + text + "' used with WAITFOR.");
    }
    pause(static_cast<int>((hours * 3600 + minutes * 60 + seconds) * 1000));
}

void SessionImpl::pause(int milliseconds) {
    std::unique_lock lock(pause_mutex_);
    pause_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return cancelled_.load(); });
    lock.unlock();
    throw_if_cancelled();
}

}  // namespace revsync::sim::tsql
