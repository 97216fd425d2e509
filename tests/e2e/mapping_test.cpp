// A mapping of the user's own, with other tables and every kind of value.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class OwnMapping : public ClinicTest {
protected:
    void SetUp() override {
        ClinicTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        supabase->exec(
            "CREATE TABLE orders (shop text, id uuid, big bigint, amount numeric(38, 10), ratio float8, paid boolean, "
            "placed date, at time, moment timestamptz, picture bytea, details jsonb, tags text[], "
            "updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (shop, id));"
            "CREATE INDEX ON orders (updated_at, shop, id);"
            "GRANT SELECT ON orders TO " +
            required_variable("TEST_POSTGRES_ROLE"));
        lab->exec(
            "CREATE TABLE dbo.tblOrders (Shop nvarchar(50) NOT NULL, OrderID uniqueidentifier NOT NULL, Big bigint, "
            "Amount decimal(38, 10), Ratio float, Paid bit, Placed date, At time(6), Moment datetimeoffset(7), Picture "
            "varbinary(max), Details nvarchar(max), Tags nvarchar(max), PRIMARY KEY (Shop, OrderID))");
        const auto file = daemon->folder() / "mapping.json";
        write_file(file, mapping());
        daemon->set("REVERSE_SYNC_MAPPING", file.string());
    }

    static std::string mapping() {
        std::string columns;
        for (const char* name :
             {"big", "amount", "ratio", "paid", "placed", "at", "moment", "picture", "details", "tags"}) {
            std::string target = name;
            target[0] = static_cast<char>(std::toupper(target[0]));
            columns +=
                fmt::format(R"({}{{"source": "{}", "target": "{}"}})", columns.empty() ? "" : ", ", name, target);
        }
        return R"({"version": 1, "streams": [{"name": "orders", "source": "public.orders", "target": "dbo.tblOrders",
            "key": [{"source": "shop", "target": "Shop"}, {"source": "id", "target": "OrderID"}], "columns": [)" +
               columns + R"(], "changedAt": ["updated_at"]}]})";
    }

    std::string lab_order() {
        const Rows rows = lab->rows(
            "SELECT Shop, CONVERT(varchar(36), OrderID), CONVERT(varchar(20), Big), CONVERT(varchar(50), Amount), "
            "CONVERT(varchar(1), Paid), CONVERT(varchar(10), Placed, 23), CONVERT(varchar(8), At, 108), "
            "CONVERT(varchar(33), CONVERT(datetime2(6), SWITCHOFFSET(Moment, '+00:00')), 126), CONVERT(varchar(20), "
            "Picture, 2), Details, Tags FROM dbo.tblOrders");
        std::string text;
        for (const auto& value : rows.at(0)) {
            text += value.value_or("NULL") + "|";
        }
        return text;
    }
};

TEST_F(OwnMapping, CarriesEveryKindOfValueExactly) {
    supabase->exec(
        "INSERT INTO orders VALUES ('متجر', '0b5e4d5c-9a3f-4a57-8f0e-0c1d2e3f4a5b', 9223372036854775807, "
        "1234567890123456789012345678.0123456789, 0.1, true, '2025-01-21', '14:00:01', "
        "'2025-01-21 14:00:00.000123+03', '\\xdeadbeef00', '{\"a\": [1, \"ب\"]}', '{x,\"y z\"}')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_order(),
              "متجر|0B5E4D5C-9A3F-4A57-8F0E-0C1D2E3F4A5B|9223372036854775807|"
              "1234567890123456789012345678.0123456789|1|2025-01-21|14:00:01|2025-01-21T11:00:00.000123|DEADBEEF00|"
              "{\"a\": [1, \"ب\"]}|[\"x\",\"y z\"]|");
    EXPECT_EQ(lab->value("SELECT CASE WHEN Ratio = 0.1e0 THEN 1 ELSE 0 END FROM dbo.tblOrders"), "1");
}

TEST_F(OwnMapping, CarriesRowsOfNothingButTheirKey) {
    supabase->exec("INSERT INTO orders (shop, id) VALUES ('empty', '0b5e4d5c-9a3f-4a57-8f0e-0c1d2e3f4a5b')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(
        lab_order(), "empty|0B5E4D5C-9A3F-4A57-8F0E-0C1D2E3F4A5B|" + [] {
            std::string nothing;
            for (int column = 0; column < 9; ++column) {
                nothing += "NULL|";
            }
            return nothing;
        }());
}

TEST_F(OwnMapping, PagesThroughKeysOfSeveralColumns) {
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "7");
    supabase->exec(
        "INSERT INTO orders (shop, id, big) SELECT 'shop ' || n % 3, gen_random_uuid(), n "
        "FROM generate_series(1, 100) n");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT COUNT(*) FROM dbo.tblOrders"), "100");
    EXPECT_EQ(lab->value("SELECT SUM(Big) FROM dbo.tblOrders"), "5050");
}

TEST_F(OwnMapping, ParksWhatSqlServerCannotHold) {
    supabase->exec(
        "ALTER TABLE orders ALTER amount TYPE numeric;"
        "INSERT INTO orders (shop, id, amount, placed) VALUES "
        "('nan', gen_random_uuid(), 'NaN', NULL), ('late', gen_random_uuid(), 1, '20000-03-15'), "
        "(repeat('x', 60), gen_random_uuid(), 1, NULL), ('good', gen_random_uuid(), 1, '2025-01-21')");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("✅ Synced 1/4 orders (3 errors)")) << outcome.output;
    EXPECT_EQ(lab->value("SELECT Shop FROM dbo.tblOrders"), "good");
}

TEST_F(OwnMapping, WithAMistakeIsAUsageErrorThatNamesThePlace) {
    std::string text = mapping();
    text.replace(text.find("\"source\": \"big\""), 15, "\"colour\": \"big\"");
    write_file(daemon->folder() / "mapping.json", text);
    EXPECT_THAT(daemon->once(), FailedSaying(2, "streams[0].columns[0]", "colour"));
}

}  // namespace
}  // namespace revsync::test
