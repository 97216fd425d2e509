// Messages cut short and with bits turned over: refused or understood, never anything else.
#include <gmock/gmock.h>

#include <functional>

#include "login7.hpp"
#include "prelogin.hpp"
#include "raw_client.hpp"
#include "requests.hpp"

namespace revsync::sim::tds::test {
namespace {

using Reader = std::function<void(std::string_view)>;

void read_bulk(std::string_view body) {
    BulkReader reader(body, Version::v7_4);
    std::vector<Value> row;
    while (reader.next(row)) {
    }
}

Parameter parameter(std::string name, Type type, Value value) {
    Parameter made;
    made.name = std::move(name);
    made.type = type;
    made.value = std::move(value);
    return made;
}

Call call_with_many_types() {
    return {"sp_executesql",
            {parameter("", {TypeKind::nvarchar, max_length, 0, 0}, "select @a"),
             parameter("", {TypeKind::ntext, 0, 0, 0}, "@a int"), parameter("@a", {TypeKind::integer, 0, 0, 0}, "5"),
             parameter("@d", {TypeKind::decimal, 0, 38, 4}, "-12345.6789"),
             parameter("@o", {TypeKind::datetimeoffset, 0, 0, 7}, "2024-02-29 12:00:00.1234567 +03:00"),
             parameter("@t", {TypeKind::datetime, 0, 0, 0}, "2024-02-29 12:00:00.123"),
             parameter("@f", {TypeKind::float_, 0, 0, 0}, "0.5"),
             parameter("@g", {TypeKind::uniqueidentifier, 0, 0, 0}, "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
             parameter("@b", {TypeKind::varbinary, 100, 0, 0}, "bytes"),
             parameter("@v", {TypeKind::varchar, 20, 0, 0}, "سلام"), parameter("@m", {TypeKind::money, 0, 0, 0}, "1.5"),
             parameter("@n", {TypeKind::nvarchar, 10, 0, 0}, std::nullopt)}};
}

std::string bulk_with_many_types() {
    std::vector<Column> columns;
    std::vector<Value> values;
    for (const Parameter& from : call_with_many_types().parameters) {
        Column column;
        column.name = from.name;
        column.type = from.type;
        columns.push_back(column);
        values.push_back(from.value);
    }
    return bulk_body(columns, {values, std::vector<Value>(values.size())});
}

struct Recorded {
    std::string body;
    Reader read;
};

std::vector<Recorded> recorded_messages() {
    std::string transaction = headers(Version::v7_4);
    transaction += std::string("\x07\x00\x04n\x00m\x00\x01\x02\x00", 10);
    return {
        {prelogin_body(1), [](std::string_view body) { read_prelogin(body); }},
        {login_body(0x74000004, {"sa", "secret", "clinic", "app", "host"}, 4096, true),
         [](std::string_view body) { read_login7(body); }},
        {batch_body("select N'سلام 😀'"), [](std::string_view body) { read_batch(body, Version::v7_4); }},
        {rpc_body({call_with_many_types(), {"dbo.p", {}}}),
         [](std::string_view body) { read_rpc(body, Version::v7_4); }},
        {rpc_body({call_with_many_types()}, Version::v7_1),
         [](std::string_view body) { read_rpc(body, Version::v7_1); }},
        {bulk_with_many_types(), read_bulk},
        {transaction, [](std::string_view body) { read_transaction_request(body, Version::v7_4); }},
    };
}

// Exactly as long as the text, so that a sanitizer sees a read beyond it.
void try_to_read(const Reader& read, const std::string& body) {
    const std::vector<char> exact(body.begin(), body.end());
    try {
        read(std::string_view(exact.data(), exact.size()));
    } catch (const ProtocolError&) {
        // Refused, as it should be.
    }
}

TEST(MalformedMessage, IsReadWhenItIsWhole) {
    for (const Recorded& message : recorded_messages()) {
        EXPECT_NO_THROW(message.read(message.body));
    }
}

TEST(MalformedMessage, IsRefusedOrUnderstoodWhenCutShort) {
    for (const Recorded& message : recorded_messages()) {
        for (std::size_t length = 0; length < message.body.size(); ++length) {
            EXPECT_NO_THROW(try_to_read(message.read, message.body.substr(0, length)));
        }
    }
}

TEST(MalformedMessage, IsRefusedOrUnderstoodWithAnyBitTurnedOver) {
    for (const Recorded& message : recorded_messages()) {
        for (std::size_t bit = 0; bit < message.body.size() * 8; ++bit) {
            std::string turned = message.body;
            turned[bit / 8] = static_cast<char>(static_cast<std::uint8_t>(turned[bit / 8]) ^ 1U << bit % 8);
            EXPECT_NO_THROW(try_to_read(message.read, turned)) << "bit " << bit;
        }
    }
}

TEST(MalformedMessage, NeverPromisesMoreThanItHolds) {
    for (const Recorded& message : recorded_messages()) {
        for (std::size_t i = 0; i + 4 <= message.body.size(); ++i) {
            std::string huge = message.body;
            huge.replace(i, 4, "\xFE\xFF\xFF\xFF");
            EXPECT_NO_THROW(try_to_read(message.read, huge)) << "byte " << i;
        }
    }
}

}  // namespace
}  // namespace revsync::sim::tds::test
