// The requests of a logged-in client: batch, RPC, bulk load and transaction manager.
// Every function throws ProtocolError for what [MS-TDS] does not allow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "byte_reader.hpp"
#include "version.hpp"
#include "wire_type.hpp"

namespace revsync::sim::tds {

std::string read_batch(std::string_view body, Version version);

std::vector<Call> read_rpc(std::string_view body, Version version);

enum class TransactionAction : std::uint16_t { begin = 5, commit = 7, rollback = 8, save = 9 };

struct TransactionRequest {
    TransactionAction action{};
    std::string name;
    std::uint8_t isolation = 0;
    // Commit and rollback may ask for a new transaction to begin at once.
    bool begins_next = false;
    std::string next_name;
    std::uint8_t next_isolation = 0;
};

TransactionRequest read_transaction_request(std::string_view body, Version version);

// The rows of a bulk load, one after the other. The body must outlive the reader.
class BulkReader {
public:
    BulkReader(std::string_view body, Version version);

    const std::vector<Column>& columns() const { return columns_; }
    // False at the end.
    bool next(std::vector<Value>& row);

private:
    void read_column(Version version);
    void read_values(std::vector<Value>& row, std::string_view null_bitmap);

    ByteReader in_;
    std::vector<Column> columns_;
    std::vector<WireType> types_;
};

}  // namespace revsync::sim::tds
