// Requests: where they begin, how they end.
#include "session.hpp"

#include <algorithm>

#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

SessionImpl::SessionImpl(std::shared_ptr<Server> server, const Login& login)
    : server_(std::move(server)),
      login_(login),
      backend_(server_->options.backend),
      session_id_(server_->next_session++),
      database_(login.database.empty() ? server_->options.database : login.database) {
    login_options_ = options_ = Options::at_login(login.ansi_defaults);
    set_up();
    ++server_->counts.logins;
}

SessionImpl::~SessionImpl() {
    try {
        if (backend_.in_transaction()) {
            backend_.script("ROLLBACK");
        }
        backend_.run("DELETE FROM sim.session WHERE pid = $1::int4", {std::to_string(backend_.process_id())});
    } catch (const std::exception&) {
        // The backend is gone, and the entry with its process.
    }
}

void SessionImpl::set_up() {
    backend_.script(
        "SET search_path = pg_catalog; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET client_min_messages = "
        "error; SET bytea_output = hex; "
        "SET standard_conforming_strings = on; SET jit = off; SET client_encoding = 'UTF8'; "
        // A prepared plan must stay good when an empty table has grown, and planning anew costs more than a small
        // statement itself.
        "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
    for (const char* privileged : {"SET deadlock_timeout = '100ms'", "SET lc_messages = 'C'"}) {
        try {
            backend_.script(privileged);
        } catch (const BackendError&) {
            // Only a superuser may: deadlocks are then found more slowly.
        }
    }
    backend_.run("SELECT set_config('sim.zone', $1, false)", {server_->time_zone});
    backend_.run(
        "INSERT INTO sim.session (session_id, pid, login_name, host_name, program_name) VALUES ($1::int4, $2::int4, "
        "$3, $4, $5) "
        "ON CONFLICT (pid) DO UPDATE SET session_id = excluded.session_id, login_name = excluded.login_name, host_name "
        "= excluded.host_name, "
        "program_name = excluded.program_name",
        {std::to_string(session_id_), std::to_string(backend_.process_id()), login_.user, login_.host,
         login_.application});
}

std::string SessionImpl::database() const {
    return database_;
}

void SessionImpl::cancel() noexcept {
    cancelled_ = true;
    backend_.cancel();
    const std::lock_guard lock(pause_mutex_);
    pause_.notify_all();
}

void SessionImpl::request(Output& output, const std::function<void()>& work) {
    output_ = &output;
    cancelled_ = false;
    depth_ = try_depth_ = 0;
    Frame frame;
    frame.caller = &session_frame_;
    frame_ = batch_frame_ = &frame;
    const auto leave = [&] {
        frame_ = &session_frame_;
        batch_frame_ = nullptr;
        drop_frame_tables(frame);
        output_ = nullptr;
    };
    try {
        try {
            work();
        } catch (const BatchEnd&) {
            // Said already.
        } catch (const Cancelled&) {
            if (transactions_ > 0 && (options_.get("XACT_ABORT") || autocommit_ || backend_.in_transaction())) {
                rollback_all();
            }
        } catch (const BackendError& error) {
            report(translate_error(error));
        } catch (const SqlError& error) {
            report(error);
        }
        finish_request();
    } catch (...) {
        leave();
        throw;
    }
    leave();
}

void SessionImpl::clear_up() {
    collect_garbage();
}

// A failure outside of any statement: a text that does not parse, a call that cannot begin.
void SessionImpl::report(const SqlError& error) {
    Message message = error.message;
    message.line = std::max(message.line, 1);
    error_ = message.number;
    output_->message(message);
    output_->statement_done(std::nullopt, true);
    if (backend_.in_transaction() && (error.consequence == Consequence::transaction || options_.get("XACT_ABORT"))) {
        rollback_all();
    }
}

void SessionImpl::finish_request() {
    if (doomed_) {
        rollback_all();
        Message message;
        message.number = 3998;
        message.severity = 16;
        message.text = "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.";
        output_->message(message);
        output_->statement_done(std::nullopt, true);
    }
    if (!backend_.alive()) {
        throw ConnectionCut{};
    }
    if (std::exchange(restore_lock_timeout_, false) && !backend_.in_transaction()) {
        backend_.script("SET lock_timeout = " +
                        std::to_string(options_.lock_timeout_ms < 0 ? 0 : std::max(options_.lock_timeout_ms, 1)));
    }
}

void SessionImpl::batch(std::string_view sql, Output& output) {
    ++server_->counts.batches;
    request(output, [&] {
        const std::string text(sql);
        // SET QUOTED_IDENTIFIER counts for the batch that holds it from its start.
        std::shared_ptr<const Block> tree;
        try {
            tree = server_->parsed.batch(text, options_.get("QUOTED_IDENTIFIER"));
        } catch (const SqlError& error) {
            // A batch that cannot be read has not begun: the transaction stays open, under XACT_ABORT too.
            error_ = error.message.number;
            output.message(error.message);
            output.statement_done(std::nullopt, true);
            return;
        }
        run_block(*tree);
    });
}

void SessionImpl::call(const Call& call, Output& output) {
    ++server_->counts.calls;
    if (server_->faults.take(FaultKind::drop_on_call, session_id_)) {
        throw ConnectionCut{};
    }
    request(output, [&] {
        if (const auto delay = server_->faults.take(FaultKind::slow, session_id_)) {
            pause(*delay);
        }
        std::vector<CallArgument> arguments;
        for (const Parameter& parameter : call.parameters) {
            CallArgument argument;
            argument.name = parameter.name;
            argument.value = {parameter.type, parameter.value};
            argument.output = parameter.output;
            argument.use_default = parameter.use_default;
            arguments.push_back(std::move(argument));
        }
        Name name(1);
        for (char c : call.procedure) {
            if (c == '.') {
                name.emplace_back();
            } else if (c != '[' && c != ']') {
                name.back() += c;
            }
        }
        int status = 0;
        try {
            status = call_procedure(name, arguments);
        } catch (const BackendError& error) {
            throw_if_cancelled();
            failed(translate_error(error));
        } catch (SqlError& error) {
            failed(std::move(error));
        }
        output_->return_status(status);
        for (std::size_t i = 0; i < call.parameters.size(); ++i) {
            if (call.parameters[i].output) {
                Parameter made = call.parameters[i];
                made.type = arguments[i].value.type;
                made.value = arguments[i].value.value;
                output_->return_value(made);
            }
        }
    });
}

void SessionImpl::reset() {
    frame_ = &session_frame_;
    output_ = nullptr;
    if (transactions_ > 0) {
        rollback_all();
    }
    drop_frame_tables(session_frame_);
    collect_garbage();
    context_.clear();
    read_only_context_.clear();
    prepared_.clear();
    bulk_.reset();
    session_locks_.clear();
    scope_identity_ = identity_ = std::nullopt;
    row_count_ = 0;
    error_ = 0;
    options_ = login_options_;
    database_ = login_.database.empty() ? server_->options.database : login_.database;
    backend_.script("SET lock_timeout = 0; SELECT pg_advisory_unlock_all()");
}

void SessionImpl::transaction_request(Output& output, const std::function<void()>& work) {
    request(output, [&] {
        work();
        output_->statement_done(std::nullopt, false);
    });
}

void SessionImpl::begin_transaction(std::string_view, std::uint8_t isolation, Output& output) {
    static constexpr std::string_view levels[] = {
        "", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"};
    transaction_request(output, [&] {
        if (isolation > 0 && isolation < std::size(levels)) {
            options_.isolation = levels[isolation];
        }
        begin();
    });
}

void SessionImpl::commit_transaction(std::string_view, Output& output) {
    transaction_request(output, [&] { commit(); });
}

void SessionImpl::rollback_transaction(std::string_view name, Output& output) {
    transaction_request(output, [&] { rollback(std::string(name)); });
}

void SessionImpl::save_transaction(std::string_view name, Output& output) {
    transaction_request(output, [&] { save(std::string(name)); });
}

}  // namespace revsync::sim::tsql
