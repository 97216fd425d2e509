// packaging/sql/supabase: what it installs, what a write then sends, and that it never stands in the writer's way.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>
#include <set>

#include "support/harness/environment.hpp"
#include "support/harness/http_client.hpp"
#include "support/harness/pg_net.hpp"
#include "support/harness/supabase_database.hpp"

namespace revsync::test {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class WebhookInstaller : public testing::Test {
protected:
    void SetUp() override {
        if (!servers_available()) {
            GTEST_SKIP() << "runs through tests/support/with_servers.sh";
        }
        supabase.emplace();
        create_pg_net(*supabase);
        supabase->exec(
            "INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'Doctor One');"
            "INSERT INTO patients (person_id, patient_name) VALUES (1, 'Patient One');"
            "INSERT INTO work (work_id, person_id) VALUES (1, 1);"
            "INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1)");
    }

    void install() { run_as_owner(*supabase, "install-webhooks.sql"); }
    void uninstall() { run_as_owner(*supabase, "uninstall-webhooks.sql"); }
    // The secret out of the line that it answers.
    std::string configure(const std::string& url = "http://127.0.0.1:3000") {
        const std::string line =
            supabase->value(fmt::format("SELECT reverse_sync.configure_webhooks({})", text_literal(url)));
        const std::string name = "SUPABASE_WEBHOOK_SECRET=";
        EXPECT_TRUE(line.starts_with(name));
        return line.substr(name.size());
    }
    void given_installed() {
        install();
        secret = configure();
    }

    void write_notes(int first, int last, const std::string& type = "Doctor") {
        supabase->exec(
            fmt::format("INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) "
                        "SELECT n, 1, '{}', 'a note' FROM generate_series({}, {}) n",
                        type, first, last));
    }
    void forget_requests() { supabase->exec("TRUNCATE net.http_request_queue"); }
    // The bodies that wait to be sent.
    std::vector<std::string> bodies() {
        std::vector<std::string> found;
        for (const Row& row :
             supabase->rows("SELECT convert_from(body, 'UTF8') FROM net.http_request_queue ORDER BY id")) {
            found.push_back(*row[0]);
        }
        return found;
    }
    long requests() { return std::stol(supabase->value("SELECT count(*) FROM net.http_request_queue")); }
    long triggers() {
        return std::stol(supabase->value("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'reverse_sync_%'"));
    }
    long notes() { return std::stol(supabase->value("SELECT count(*) FROM aligner_notes")); }

    std::optional<SupabaseDatabase> supabase;
    std::string secret;
};

// {"type": "UPDATE", …, "record": {"note_id": 7}} as "UPDATE aligner_notes 7".
std::string told(const std::string& body) {
    const json::object event = json::parse(body).as_object();
    const json::value& key = event.at("record").is_null() ? event.at("old_record") : event.at("record");
    return fmt::format("{} {} {}", event.at("type").as_string().c_str(), event.at("table").as_string().c_str(),
                       json::serialize(key.as_object().begin()->value()));
}

std::vector<std::string> told(const std::vector<std::string>& bodies) {
    std::vector<std::string> result;
    for (const std::string& body : bodies) {
        result.push_back(told(body));
    }
    return result;
}

TEST_F(WebhookInstaller, MayBeRunAgainAndKeepsUrlAndSecret) {
    given_installed();
    const long before = triggers();
    EXPECT_GT(before, 0);
    install();
    EXPECT_EQ(triggers(), before);
    EXPECT_EQ(configure(), secret);
    write_notes(1, 1);
    EXPECT_EQ(requests(), 1);
}

TEST_F(WebhookInstaller, UninstallingLeavesNothingAndMayBeRunAgain) {
    create_vault(*supabase);
    given_installed();
    uninstall();
    uninstall();
    EXPECT_EQ(triggers(), 0);
    EXPECT_EQ(supabase->value("SELECT to_regnamespace('reverse_sync')"), "");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM vault.secrets"), "0");
    write_notes(1, 1);
    EXPECT_EQ(requests(), 0);
}

TEST_F(WebhookInstaller, LeavesTheWebhooksOfTheDashboardAlone) {
    supabase->exec(
        "CREATE FUNCTION dashboard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER from_the_dashboard AFTER INSERT ON aligner_notes FOR EACH ROW EXECUTE FUNCTION dashboard()");
    given_installed();
    uninstall();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM pg_trigger WHERE tgname = 'from_the_dashboard'"), "1");
}

TEST_F(WebhookInstaller, KeepsUrlAndSecretInVaultWhereThereIsOne) {
    create_vault(*supabase);
    given_installed();
    EXPECT_EQ(
        supabase->value("SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'reverse_sync_secret'"),
        secret);
    EXPECT_EQ(supabase->value("SELECT count(*) FROM reverse_sync.setting"), "0");
    EXPECT_EQ(configure("https://sync.example.org/"), secret);
    EXPECT_EQ(supabase->value("SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'reverse_sync_url'"),
              "https://sync.example.org");
    write_notes(1, 1);
    EXPECT_EQ(requests(), 1);
}

TEST_F(WebhookInstaller, MovesUrlAndSecretIntoAVaultThatCameLater) {
    given_installed();
    create_vault(*supabase);
    EXPECT_EQ(configure(), secret);
    EXPECT_EQ(supabase->value("SELECT count(*) FROM vault.secrets"), "2");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM reverse_sync.setting"), "0");
}

TEST_F(WebhookInstaller, ThePortalsUsersSendWebhooksButCannotReadTheSecret) {
    given_installed();
    supabase->exec("SET ROLE authenticated");
    supabase->exec(
        "INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) VALUES (1, 1, 'Doctor', 'x')");
    for (const char* attempt :
         {"SELECT value FROM reverse_sync.setting", "SELECT reverse_sync.setting_value('reverse_sync_secret')",
          "SELECT reverse_sync.configure_webhooks('http://attacker.example')"}) {
        EXPECT_THROW(supabase->exec(attempt), std::runtime_error) << attempt;
    }
    supabase->exec("RESET ROLE");
    EXPECT_EQ(requests(), 1);
}

TEST_F(WebhookInstaller, ASecretOfOnesOwnIsTakenAndABadOneRefusedWithoutShowingIt) {
    install();
    const std::string own = "whsec_" + std::string(43, 'A') + "=";
    EXPECT_EQ(supabase->value(fmt::format("SELECT reverse_sync.configure_webhooks('http://h:1', '{}')", own)),
              "SUPABASE_WEBHOOK_SECRET=" + own);
    for (const char* bad :
         {"correcthorsebatterystaple", "whsec_c2hvcnQ=", "whsec_not base64 at all, but long enough"}) {
        try {
            supabase->exec(fmt::format("SELECT reverse_sync.configure_webhooks('http://h:1', '{}')", bad));
            FAIL() << bad;
        } catch (const std::runtime_error& refusal) {
            const std::string text = refusal.what();
            EXPECT_EQ(text.substr(0, text.find("in: ")).find(bad), std::string::npos) << text;
        }
    }
    EXPECT_EQ(configure(), own);
}

TEST_F(WebhookInstaller, TheUrlIsTheDaemonsWithoutAPath) {
    install();
    for (const char* bad :
         {"sync.example.org", "https://sync.example.org/api/sync/webhook", "ftp://h", "https://", ""}) {
        EXPECT_THROW(configure(bad), std::runtime_error) << bad;
    }
}

TEST_F(WebhookInstaller, ANoteSendsItsKeyAloneSignedAsStandardWebhooksAsk) {
    given_installed();
    write_notes(7, 7);
    const Rows rows = supabase->rows(
        "SELECT method, url, convert_from(body, 'UTF8'), timeout_milliseconds, headers->>'webhook-id', "
        "headers->>'webhook-timestamp', headers->>'webhook-signature', headers->>'Content-Type' "
        "FROM net.http_request_queue");
    ASSERT_EQ(rows.size(), 1U);
    const Row& request = rows[0];
    EXPECT_EQ(request[0], "POST");
    EXPECT_EQ(request[1], "http://127.0.0.1:3000/api/sync/webhook");
    EXPECT_EQ(json::parse(*request[2]), json::parse(R"({"type": "INSERT", "schema": "public", "table": "aligner_notes",
                                                       "record": {"note_id": 7}, "old_record": null})"));
    EXPECT_EQ(request[3], "5000");
    EXPECT_EQ(request[6], webhook_signature(secret, *request[4], *request[5], *request[2]));
    EXPECT_EQ(request[7], "application/json");
}

TEST_F(WebhookInstaller, EveryWebhookHasAnIdOfItsOwn) {
    given_installed();
    write_notes(1, 50);
    EXPECT_EQ(supabase->value("SELECT count(DISTINCT headers->>'webhook-id') FROM net.http_request_queue"), "50");
}

TEST_F(WebhookInstaller, NewEditedAndDeletedDoctorNotesAreTold) {
    given_installed();
    write_notes(1, 2);
    supabase->exec("UPDATE aligner_notes SET note_text = 'edited' WHERE note_id = 2");
    supabase->exec("DELETE FROM aligner_notes WHERE note_id = 1");
    EXPECT_THAT(told(bodies()), ElementsAre("INSERT aligner_notes 1", "INSERT aligner_notes 2",
                                            "UPDATE aligner_notes 2", "DELETE aligner_notes 1"));
}

TEST_F(WebhookInstaller, LabNotesAreNotTold) {
    given_installed();
    write_notes(1, 2, "Lab");
    supabase->exec("UPDATE aligner_notes SET note_text = 'edited'");
    supabase->exec("DELETE FROM aligner_notes");
    EXPECT_THAT(bodies(), IsEmpty());
}

TEST_F(WebhookInstaller, ANoteThatStopsBeingADoctorsIsTold) {
    given_installed();
    write_notes(1, 1);
    forget_requests();
    supabase->exec("UPDATE aligner_notes SET note_type = 'Lab'");
    EXPECT_THAT(told(bodies()), ElementsAre("UPDATE aligner_notes 1"));
}

TEST_F(WebhookInstaller, ANoteThatGetsAnotherKeyIsToldUnderBoth) {
    given_installed();
    write_notes(1, 1);
    forget_requests();
    supabase->exec("UPDATE aligner_notes SET note_id = 5");
    EXPECT_THAT(told(bodies()), UnorderedElementsAre("DELETE aligner_notes 1", "UPDATE aligner_notes 5"));
}

TEST_F(WebhookInstaller, AKeyThatAnotherNoteTookInTheSameStatementIsNotTakenForGone) {
    given_installed();
    write_notes(1, 2);
    supabase->exec("ALTER TABLE aligner_notes DROP CONSTRAINT aligner_notes_pkey");
    forget_requests();
    supabase->exec("UPDATE aligner_notes SET note_id = note_id + 1");
    EXPECT_THAT(told(bodies()),
                UnorderedElementsAre("DELETE aligner_notes 1", "UPDATE aligner_notes 2", "UPDATE aligner_notes 3"));
}

TEST_F(WebhookInstaller, KeysThatAreLeftAreToldHoweverMany) {
    given_installed();
    write_notes(1, 1500);
    forget_requests();
    supabase->exec("UPDATE aligner_notes SET note_id = -note_id");
    EXPECT_EQ(requests(), 1500) << "the poll finds the notes under their new keys, and nothing under the old ones";
    EXPECT_EQ(supabase->value("SELECT count(*) FROM net.http_request_queue WHERE convert_from(body, 'UTF8')::jsonb->>"
                              "'type' = 'DELETE'"),
              "1500");
}

TEST_F(WebhookInstaller, NotesThatGoWithTheirSetAreTold) {
    given_installed();
    write_notes(1, 3);
    forget_requests();
    supabase->exec("DELETE FROM aligner_sets");
    EXPECT_THAT(told(bodies()),
                UnorderedElementsAre("DELETE aligner_notes 1", "DELETE aligner_notes 2", "DELETE aligner_notes 3"));
}

TEST_F(WebhookInstaller, OfBatchesOnlyEditsAreTold) {
    given_installed();
    supabase->exec("INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, days) VALUES (1, 1, 10)");
    EXPECT_THAT(bodies(), IsEmpty());
    supabase->exec("UPDATE aligner_batches SET days = 14");
    EXPECT_THAT(told(bodies()), ElementsAre("UPDATE aligner_batches 1"));
    supabase->exec("DELETE FROM aligner_batches");
    EXPECT_EQ(requests(), 1);
}

TEST_F(WebhookInstaller, ATableOfOnesOwnMayHaveAKeyOfSeveralColumns) {
    given_installed();
    supabase->exec(
        "CREATE TABLE orders (shop text, \"No.\" int, channel text);"
        "CREATE TRIGGER reverse_sync_insert AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows FOR EACH "
        "STATEMENT "
        "EXECUTE FUNCTION reverse_sync.send_webhooks('channel = ''web'' OR channel LIKE ''%''', 'shop', 'No.');"
        "INSERT INTO orders VALUES ('a', 7, 'web')");
    ASSERT_EQ(requests(), 1);
    EXPECT_EQ(json::parse(bodies()[0]).at("record"), json::parse(R"({"shop": "a", "No.": 7})"));
}

TEST_F(WebhookInstaller, WritesOfTheDaemonItselfAreNotTold) {
    given_installed();
    supabase->exec("BEGIN; SET LOCAL reverse_sync.origin = 'sqlserver'");
    write_notes(1, 1);
    supabase->exec("COMMIT");
    EXPECT_EQ(requests(), 0);
    write_notes(2, 2);
    EXPECT_EQ(requests(), 1);
}

TEST_F(WebhookInstaller, AThousandRowsAtOnceAreToldAndMoreAreLeftToThePoll) {
    given_installed();
    write_notes(1, 1000);
    EXPECT_EQ(requests(), 1000);
    forget_requests();
    write_notes(1001, 2001);
    supabase->exec("UPDATE aligner_notes SET note_text = 'edited'");
    EXPECT_EQ(requests(), 0);
    EXPECT_EQ(notes(), 2001);
}

TEST_F(WebhookInstaller, DeletionsAreToldHoweverManyThereAre) {
    given_installed();
    write_notes(1, 2500);
    forget_requests();
    supabase->exec("DELETE FROM aligner_notes");
    EXPECT_EQ(requests(), 2500);
}

TEST_F(WebhookInstaller, AWriteThatIsRolledBackSendsNothing) {
    given_installed();
    supabase->exec("BEGIN");
    write_notes(1, 1);
    supabase->exec("ROLLBACK");
    EXPECT_EQ(requests(), 0);
}

struct Breakage {
    const char* name;
    const char* sql;
    friend void PrintTo(const Breakage& breakage, std::ostream* out) { *out << breakage.name; }
};

class BrokenWebhooks : public WebhookInstaller, public testing::WithParamInterface<Breakage> {};

TEST_P(BrokenWebhooks, NeverFailTheWriter) {
    given_installed();
    supabase->exec(GetParam().sql);
    write_notes(1, 1);
    supabase->exec("UPDATE aligner_notes SET note_text = 'edited'");
    EXPECT_EQ(supabase->value("SELECT note_text FROM aligner_notes WHERE note_id = 1"), "edited");
    supabase->exec("DELETE FROM aligner_notes");
    EXPECT_EQ(notes(), 0);
    if (!supabase->value("SELECT to_regnamespace('net')").empty()) {
        EXPECT_EQ(requests(), 0) << "nothing was broken";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Because, BrokenWebhooks,
    testing::Values(Breakage{"PgNetIsGone", "DROP SCHEMA net CASCADE"},
                    Breakage{"PgNetFails",
                             "CREATE OR REPLACE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb "
                             "DEFAULT '{}', headers jsonb DEFAULT '{\"Content-Type\": \"application/json\"}', "
                             "timeout_milliseconds int DEFAULT 5000) RETURNS bigint LANGUAGE plpgsql AS "
                             "$$ BEGIN RAISE EXCEPTION 'out of order'; END $$"},
                    Breakage{"PgCryptoIsGone", "DROP EXTENSION pgcrypto CASCADE"},
                    Breakage{"NothingIsConfigured", "DELETE FROM reverse_sync.setting"},
                    Breakage{"TheSecretIsDamaged",
                             "UPDATE reverse_sync.setting SET value = 'whsec_?' WHERE name = 'reverse_sync_secret'"},
                    Breakage{"TheSettingsAreGone", "DROP TABLE reverse_sync.setting"}),
    [](const auto& test) { return test.param.name; });

TEST_F(WebhookInstaller, AQueueThatIsLockedHoldsTheWriterUpForAMomentOnly) {
    given_installed();
    PostgresConnection upgrade = supabase->another_session();
    upgrade.exec("BEGIN; LOCK TABLE net.http_request_queue");
    write_notes(1, 1);
    EXPECT_EQ(notes(), 1);
    upgrade.exec("ROLLBACK");
    EXPECT_EQ(requests(), 0);
}

TEST_F(WebhookInstaller, TakesPgCryptoWhereverItIs) {
    supabase->exec(
        "CREATE SCHEMA elsewhere; CREATE EXTENSION pgcrypto WITH SCHEMA elsewhere; "
        "GRANT USAGE ON SCHEMA elsewhere TO PUBLIC");
    given_installed();
    write_notes(1, 1);
    EXPECT_EQ(requests(), 1);
}

}  // namespace
}  // namespace revsync::test
