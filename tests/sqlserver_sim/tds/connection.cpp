#include "connection.hpp"

#include <cstdio>
#include <exception>

#include "tokens.hpp"

namespace revsync::sim::tds {
namespace {

constexpr int farewell_timeout_ms = 500;
constexpr std::uint8_t informational = 0;
constexpr std::uint8_t login_error_severity = 14;
constexpr std::uint8_t protocol_error_severity = 20;

sim::Message make_message(std::int32_t number, std::uint8_t severity, std::string text) {
    sim::Message message;
    message.number = number;
    message.severity = severity;
    message.text = std::move(text);
    return message;
}

// 0 stands for the default.
std::size_t agree_packet_size(std::size_t asked) {
    return asked == 0 ? default_packet_size : std::clamp(asked, smallest_packet_size, largest_packet_size);
}

ResponseKind response_kind(PacketType request) {
    return request == PacketType::rpc ? ResponseKind::procedure : ResponseKind::batch;
}

}  // namespace

Connection::Connection(int descriptor, std::uint16_t session_id, Engine& engine, const TlsContext& tls,
                       const ConnectionOptions& options, std::optional<sim::Message> refusal)
    : engine_(engine),
      tls_(tls),
      options_(options),
      refusal_(std::move(refusal)),
      channel_(std::make_unique<Channel>(descriptor, session_id)),
      writer_(*channel_) {}

void Connection::run() noexcept {
    try {
        if (log_in()) {
            serve();
        }
    } catch (const ConnectionCut&) {
        channel_->socket().reset_on_close();
    } catch (const ConnectionClosed&) {
        // The usual end: clients leave without a word.
    } catch (const ProtocolError& error) {
        report_protocol_error(error);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sqlserver-sim: connection ended: %s\n", error.what());
    }
    close();
}

void Connection::close() noexcept {
    const std::lock_guard lock(mutex_);
    channel_.reset();
    session_.reset();
}

void Connection::stop() noexcept {
    const std::lock_guard lock(mutex_);
    if (channel_) {
        channel_->socket().wake();
        channel_->socket().shutdown();
    }
    if (session_) {
        session_->cancel();
    }
}

bool Connection::log_in() {
    EncryptionPlan plan;
    ClientMessage message = channel_->read_message();
    if (message.type == PacketType::prelogin) {
        plan = plan_encryption(read_prelogin(message.body), options_.encryption);
        negotiate_encryption(plan);
        if (plan.incompatible) {
            return false;
        }
        message = channel_->read_message();
    }
    if (message.type != PacketType::login) {
        throw ProtocolError("the client does not begin with a login");
    }
    if (plan.login_only) {
        channel_->stop_tls();
    }
    open_session(read_login7(message.body));
    return session_ != nullptr;
}

void Connection::negotiate_encryption(EncryptionPlan& plan) {
    writer_.out().bytes(prelogin_answer(plan.answer));
    writer_.end_message();
    if (plan.handshake) {
        channel_->start_tls(tls_);
    }
}

void Connection::open_session(const Login7& login) {
    const std::optional<Version> version = agree_version(login.version, options_.newest_version);
    if (!version) {
        throw ProtocolError("the client's version of TDS is too old");
    }
    state_.version = *version;
    if (refusal_) {
        return refuse_login(*refusal_);
    }
    if (login.integrated_security) {
        return refuse_login(make_message(18452, login_error_severity,
                                         "Login failed. The login is from an untrusted domain and cannot be used "
                                         "with Integrated authentication."));
    }
    std::optional<LoginRefusal> refusal;
    std::unique_ptr<Session> session = engine_.login(login.login, refusal);
    if (!session || refusal) {
        return refuse_login(
            refusal ? refusal->message
                    : make_message(18456, login_error_severity, "Login failed for user '" + login.login.user + "'."));
    }
    {
        const std::lock_guard lock(mutex_);
        session_ = std::move(session);
    }
    accept_login(login);
}

void Connection::accept_login(const Login7& login) {
    ByteWriter& out = writer_.out();
    state_.database = session_->database();
    write_database_change(out, state_.database, "master");
    write_message(out, make_message(5701, informational, "Changed database context to '" + state_.database + "'."),
                  state_.version);
    write_collation_change(out, server_collation);
    write_language_change(out, "us_english");
    write_message(out, make_message(5703, informational, "Changed language setting to us_english."), state_.version);
    write_login_ack(out, state_.version);
    const std::size_t packet_size = agree_packet_size(login.packet_size);
    write_packet_size_change(out, packet_size, default_packet_size);
    if (login.has_features && state_.version >= Version::v7_4) {
        write_feature_ack(out, login.asks_utf8_support);
    }
    write_done(out, {}, state_.version);
    writer_.end_message();
    writer_.set_packet_size(packet_size);
}

void Connection::refuse_login(const sim::Message& message) {
    write_message(writer_.out(), message, state_.version);
    write_done(writer_.out(), {DoneKind::done, done_status::error, current_command::unknown, 0}, state_.version);
    writer_.end_message();
}

void Connection::serve() {
    Inbox inbox(*channel_, [this] { session_->cancel(); });
    while (answer(inbox.next(), inbox)) {
    }
}

bool Connection::answer(const ClientMessage& message, Inbox& inbox) {
    Response response(response_kind(message.type), writer_, state_, inbox.cancelled());
    if (message.type == PacketType::attention) {
        response.acknowledge_attention();
        return true;
    }
    if (message.reset_connection) {
        session_->reset();
        state_.transaction = 0;
        state_.database = session_->database();
        response.reset_acknowledged();
    }
    if (!message.ignored) {
        perform(message, response);
    }
    response.finish(inbox.end_request());
    session_->clear_up();
    return !response.is_fatal();
}

void Connection::perform(const ClientMessage& message, Response& response) {
    switch (message.type) {
        case PacketType::sql_batch:
            return session_->batch(read_batch(message.body, state_.version), response);
        case PacketType::rpc:
            for (const Call& call : read_rpc(message.body, state_.version)) {
                session_->call(call, response);
                response.procedure_done();
            }
            return;
        case PacketType::bulk_load:
            return perform_bulk_load(message.body, response);
        case PacketType::transaction_manager:
            return perform_transaction_request(message.body, response);
        default:
            throw ProtocolError("a packet of an unexpected type");
    }
}

void Connection::perform_bulk_load(std::string_view body, Response& response) {
    if (body.empty()) {
        return;
    }
    BulkReader reader(body, state_.version);
    const std::unique_ptr<BulkLoad> load = session_->begin_bulk(reader.columns());
    if (!load) {
        throw ProtocolError("bulk data without INSERT BULK");
    }
    std::vector<Value> row;
    while (reader.next(row)) {
        load->row(row);
    }
    load->finish(response);
}

void Connection::perform_transaction_request(std::string_view body, Response& response) {
    const TransactionRequest request = read_transaction_request(body, state_.version);
    switch (request.action) {
        case TransactionAction::begin:
            return session_->begin_transaction(request.name, request.isolation, response);
        case TransactionAction::commit:
            session_->commit_transaction(request.name, response);
            break;
        case TransactionAction::rollback:
            session_->rollback_transaction(request.name, response);
            break;
        case TransactionAction::save:
            return session_->save_transaction(request.name, response);
    }
    if (request.begins_next) {
        session_->begin_transaction(request.next_name, request.next_isolation, response);
    }
}

void Connection::report_protocol_error(const ProtocolError& error) noexcept {
    try {
        writer_.out().buffer().clear();
        write_message(
            writer_.out(),
            make_message(4002, protocol_error_severity,
                         std::string("The incoming tabular data stream (TDS) protocol stream is incorrect: ") +
                             error.what() + "."),
            state_.version);
        write_done(writer_.out(), {DoneKind::done, done_status::error, current_command::unknown, 0}, state_.version);
        writer_.end_message();
        channel_->socket().finish(farewell_timeout_ms);
    } catch (const std::exception&) {
        // The client is not there to be told.
    }
}

}  // namespace revsync::sim::tds
