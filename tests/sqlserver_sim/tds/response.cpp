#include "response.hpp"

#include <utility>

namespace revsync::sim::tds {

// Everything but the last DONE is followed by something, and a pending one learns that here.
ByteWriter& Response::next_token() {
    if (pending_) {
        pending_->status |= done_status::more;
        write_done(writer_.out(), *std::exchange(pending_, std::nullopt), state_.version);
        writer_.send_full_packets();
    }
    return writer_.out();
}

void Response::set_pending(const Done& done) {
    next_token();
    pending_ = done;
}

void Response::columns(const std::vector<Column>& columns) {
    if (cancelled_) {
        return;
    }
    column_types_ = write_columns(next_token(), columns, state_.version);
    command_ = current_command::select;
}

void Response::row(const std::vector<Value>& values) {
    if (cancelled_) {
        return;
    }
    write_row(next_token(), column_types_, values, state_.version);
    writer_.send_full_packets();
}

void Response::statement_done(std::optional<std::uint64_t> row_count, bool error) {
    if (cancelled_) {
        return;
    }
    Done done;
    done.kind = kind_ == ResponseKind::procedure ? DoneKind::in_procedure : DoneKind::done;
    done.command = std::exchange(command_, current_command::unknown);
    done.row_count = row_count.value_or(0);
    done.status = row_count ? done_status::count : std::uint16_t{0};
    if (error) {
        done.status |= done_status::error;
        error_ = true;
    }
    set_pending(done);
}

void Response::message(const Message& message) {
    constexpr std::uint8_t fatal_severity = 20;
    fatal_ = fatal_ || message.severity >= fatal_severity;
    if (!cancelled_) {
        write_message(next_token(), message, state_.version);
    }
}

void Response::environment(EnvironmentChange change, std::string_view new_value) {
    ByteWriter& out = next_token();
    switch (change) {
        case EnvironmentChange::database:
            write_database_change(out, new_value, std::exchange(state_.database, std::string(new_value)));
            return;
        case EnvironmentChange::begin_transaction:
            state_.transaction = ++state_.last_transaction;
            write_transaction_change(out, TransactionChange::begun, state_.transaction, state_.version);
            return;
        case EnvironmentChange::commit_transaction:
            write_transaction_change(out, TransactionChange::committed, std::exchange(state_.transaction, 0),
                                     state_.version);
            return;
        case EnvironmentChange::rollback_transaction:
            write_transaction_change(out, TransactionChange::rolled_back, std::exchange(state_.transaction, 0),
                                     state_.version);
            return;
    }
}

void Response::return_value(const Parameter& parameter) {
    if (!cancelled_) {
        write_return_value(next_token(), parameter, return_values_++, state_.version);
    }
}

void Response::return_status(std::int32_t status) {
    if (cancelled_) {
        return;
    }
    write_return_status(next_token(), status);
    if (kind_ == ResponseKind::batch) {
        pending_ = Done{DoneKind::procedure, 0, current_command::execute, 0};
    }
}

void Response::reset_acknowledged() {
    write_reset_acknowledgement(next_token());
}

void Response::procedure_done() {
    const std::uint16_t status = std::exchange(error_, false) ? done_status::error : std::uint16_t{0};
    set_pending({DoneKind::procedure, status, current_command::execute, 0});
    return_values_ = 0;
}

void Response::finish(bool attention) {
    Done last = std::exchange(pending_, std::nullopt).value_or(Done{});
    if (attention) {
        last = {DoneKind::done, done_status::error, current_command::unknown, 0};
    }
    write_done(writer_.out(), last, state_.version);
    writer_.end_message();
    if (attention) {
        acknowledge_attention();
    }
}

void Response::acknowledge_attention() {
    write_done(writer_.out(), {DoneKind::done, done_status::attention, current_command::unknown, 0}, state_.version);
    writer_.end_message();
}

}  // namespace revsync::sim::tds
