// Turns what the engine answers into tokens.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../engine.hpp"
#include "packet_writer.hpp"
#include "tokens.hpp"

namespace revsync::sim::tds {

// What lives from login to logout, for the responses to read and change.
struct SessionState {
    Version version = Version::v7_4;
    std::string database;
    std::uint64_t transaction = 0;  // descriptor of the open transaction, 0 for none
    std::uint64_t last_transaction = 0;
};

enum class ResponseKind { batch, procedure };

// One response, to one message. Once `cancelled` is set, everything but environment changes is dropped.
class Response final : public Output {
public:
    Response(ResponseKind kind, PacketWriter& writer, SessionState& state, const std::atomic<bool>& cancelled)
        : kind_(kind), writer_(writer), state_(state), cancelled_(cancelled) {}

    void columns(const std::vector<Column>& columns) override;
    void row(const std::vector<Value>& values) override;
    void statement_done(std::optional<std::uint64_t> row_count, bool error) override;
    void message(const Message& message) override;
    void environment(EnvironmentChange change, std::string_view new_value) override;
    void return_value(const Parameter& parameter) override;
    void return_status(std::int32_t status) override;

    void reset_acknowledged();
    // One procedure of an RPC message has run.
    void procedure_done();
    // Writes the last DONE and sends what is left. With `attention`, what was pending is given up and the
    // acknowledgement follows as a message of its own: clients wait for the end of the request's own first.
    void finish(bool attention);
    void acknowledge_attention();
    // A message of severity 20 or more was sent: the connection has to end.
    bool is_fatal() const { return fatal_; }

private:
    ByteWriter& next_token();
    void set_pending(const Done& done);

    const ResponseKind kind_;
    PacketWriter& writer_;
    SessionState& state_;
    const std::atomic<bool>& cancelled_;
    std::vector<WireType> column_types_;
    std::optional<Done> pending_;  // held back until it is known whether more follows
    std::uint16_t command_ = current_command::unknown;
    std::uint16_t return_values_ = 0;
    bool error_ = false;
    bool fatal_ = false;
};

}  // namespace revsync::sim::tds
