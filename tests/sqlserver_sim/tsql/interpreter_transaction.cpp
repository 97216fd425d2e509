// Transactions: nesting by @@TRANCOUNT, savepoints around statements that may fail alone, commits with their faults.
#include "session.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

void SessionImpl::execute(const Transaction& s) {
    const std::string name = s.variable.empty() ? s.name : require_variable(s.variable).value.value_or("");
    row_count_ = 0;
    switch (s.action) {
        case TransactionAction::begin:
            begin();
            break;
        case TransactionAction::commit:
            commit();
            break;
        case TransactionAction::rollback:
            rollback(name);
            break;
        case TransactionAction::save:
            save(name);
            break;
    }
}

void SessionImpl::begin() {
    if (transactions_++ > 0) {
        return;
    }
    std::string sql = "BEGIN";
    if (options_.isolation == "SERIALIZABLE" || options_.isolation == "SNAPSHOT") {
        sql += options_.isolation == "SNAPSHOT" ? " ISOLATION LEVEL REPEATABLE READ" : "";
    }
    backend_.script(sql);
    autocommit_ = false;
    first_change_ = true;
    if (output_ != nullptr) {
        output_->environment(EnvironmentChange::begin_transaction, std::to_string(next_transaction_++));
    }
}

void SessionImpl::commit() {
    if (transactions_ == 0) {
        fail(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");
    }
    if (doomed_) {
        fail(3930,
             "The current transaction cannot be committed and cannot support operations that write to the log file. "
             "Roll back the "
             "transaction.");
    }
    if (--transactions_ > 0) {
        return;
    }
    commit_backend();
    if (output_ != nullptr) {
        output_->environment(EnvironmentChange::commit_transaction, std::to_string(next_transaction_ - 1));
    }
}

// The one place where written data becomes durable.
void SessionImpl::commit_backend() {
    if (wrote_ && server_->faults.take(FaultKind::drop_before_commit, session_id_)) {
        backend_.script("ROLLBACK");
        settle_counts(false);
        throw ConnectionCut{};
    }
    const bool wrote = wrote_;
    release_transaction_locks();
    backend_.script("COMMIT");
    settle_counts(true);
    transactions_ = 0;
    autocommit_ = false;
    for (auto* frame = frame_; frame != nullptr; frame = frame->caller) {
        for (auto& [name, temporary] : frame->tables) {
            temporary.in_transaction = false;
        }
    }
    if (schema_touched_) {
        schema_touched_ = false;
        ++server_->schema_version;
    }
    if (wrote && server_->faults.take(FaultKind::drop_after_commit, session_id_)) {
        throw ConnectionCut{};
    }
}

void SessionImpl::settle_counts(bool committed) {
    if (committed) {
        server_->counts.transactions += wrote_ ? 1 : 0;
        server_->counts.inserted += pending_inserted_;
        server_->counts.updated += pending_updated_;
        server_->counts.deleted += pending_deleted_;
    }
    pending_inserted_ = pending_updated_ = pending_deleted_ = 0;
    wrote_ = false;
}

void SessionImpl::rollback_all() {
    if (backend_.alive()) {
        backend_.script("ROLLBACK");
    }
    settle_counts(false);
    const bool was_open = transactions_ > 0 && !autocommit_;
    transactions_ = 0;
    autocommit_ = false;
    doomed_ = false;
    release_transaction_locks();
    forget_temporary_tables();
    if (schema_touched_) {
        schema_touched_ = false;
        ++server_->schema_version;
    }
    if (was_open && output_ != nullptr) {
        output_->environment(EnvironmentChange::rollback_transaction, std::to_string(next_transaction_ - 1));
    }
}

// Temporary tables made in the transaction are gone with it; table variables are not part of transactions and live on.
void SessionImpl::forget_temporary_tables() {
    for (auto* frame = frame_; frame != nullptr; frame = frame->caller) {
        for (auto it = frame->tables.begin(); it != frame->tables.end();) {
            TemporaryTable& temporary = it->second;
            if (!temporary.in_transaction) {
                ++it;
                continue;
            }
            temporary.in_transaction = false;
            if (temporary.variable) {
                backend_.script(temporary.create);
                ++it;
            } else {
                it = frame->tables.erase(it);
            }
        }
    }
}

void SessionImpl::rollback(const std::string& name) {
    if (transactions_ == 0) {
        fail(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
    }
    if (!name.empty()) {
        try {
            backend_.script("ROLLBACK TO SAVEPOINT " + quote_name("user~" + lower(name)));
            return;
        } catch (const BackendError& error) {
            if (error.sqlstate != "3B001") {
                throw;
            }
            // Not a savepoint: the name of the transaction itself.
        }
    }
    rollback_all();
}

void SessionImpl::save(const std::string& name) {
    if (transactions_ == 0) {
        fail(628, "Cannot issue SAVE TRANSACTION when there is no active transaction.");
    }
    backend_.script("SAVEPOINT " + quote_name("user~" + lower(name)));
}

bool SessionImpl::needs_savepoint() const {
    return transactions_ > 0 && (!options_.get("XACT_ABORT") || try_depth_ > 0);
}

// Runs one statement so that its failure undoes only itself where T-SQL lets the transaction go on.
void SessionImpl::guarded(const std::function<void()>& work) {
    if (!needs_savepoint()) {
        work();
        return;
    }
    const std::string name = "\"statement~" + std::to_string(depth_) + "\"";
    backend_.script("SAVEPOINT " + name);
    try {
        work();
    } catch (...) {
        if (transactions_ > 0 && backend_.alive()) {
            backend_.script("ROLLBACK TO SAVEPOINT " + name + "; RELEASE SAVEPOINT " + name);
        }
        throw;
    }
    if (transactions_ > 0) {
        backend_.script("RELEASE SAVEPOINT " + name);
    }
}

}  // namespace revsync::sim::tsql
