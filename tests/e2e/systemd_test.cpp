// What systemd sees of the daemon: when it is ready, how it stands, that it lives, and that it reads its settings
// again.
#include <csignal>

#include "e2e/webhook_test.hpp"
#include "support/harness/environment.hpp"
#include "support/harness/notify_socket.hpp"

namespace revsync::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Systemd : public WebhookTest {
protected:
    void SetUp() override {
        WebhookTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        systemd = std::make_unique<NotifySocket>((daemon->folder() / "notify").string());
        daemon->set_environment("NOTIFY_SOCKET", systemd->address());
    }

    Process& ready_service() {
        Process& service = daemon->start();
        EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\nSTATUS="));
        return service;
    }

    // What it carries from now on came by itself.
    Process& settled_service() {
        Process& service = ready_service();
        service.wait_for("✓ Startup sync complete");
        return service;
    }

    // After a change of the .env or the mapping.
    void ask_to_reload() {
        daemon->write_settings();
        systemd->forget();
        daemon->running().signal(SIGHUP);
        EXPECT_THAT(systemd->wait_for("RELOADING=1"), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    }

    std::unique_ptr<NotifySocket> systemd;
};

TEST_F(Systemd, HearsThatTheDaemonIsReadyOnceBothDatabasesHaveAnswered) {
    given_sets();
    Process& service = ready_service();
    EXPECT_EQ(get("/api/sync/status").status, 200);
    service.signal(SIGTERM);
    EXPECT_THAT(systemd->wait_for("STOPPING=1"), HasSubstr("EXTEND_TIMEOUT_USEC=9000000\nSTATUS=stopping"));
    EXPECT_EQ(service.wait(), 0);
}

TEST_F(Systemd, HearsThatTheDaemonIsReadyOnceADatabaseHasFailed) {
    if (real_sql_server()) {
        GTEST_SKIP() << "a real SQL Server is not stopped";
    }
    lab->stop();
    daemon->start();
    EXPECT_THAT(systemd->wait_for("READY=1"), HasSubstr("STATUS=SQL Server cannot be reached"));
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, HearsThatTheDaemonIsReadyWhenNothingIsConfigured) {
    for (const char* name : {"SUPABASE_DB_URL", "DB_SERVER", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_PORT"}) {
        daemon->unset(name);
    }
    daemon->start();
    EXPECT_THAT(systemd->wait_for("READY=1"), HasSubstr("STATUS=Supabase not configured"));
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, ShowsHowTheDaemonStands) {
    given_sets();
    supabase->exec("INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (7, 1, 1)");
    doctor_writes("parked until its set is there", 7);
    ready_service();
    EXPECT_THAT(systemd->wait_for("STATUS=in step"), HasSubstr("; 1 parked"));
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, HearsThatTheDaemonLivesAndHearsNothingWhenItsLoopStands) {
    using namespace std::chrono_literals;
    daemon->set_environment("WATCHDOG_USEC", "400000");
    Process& service = ready_service();
    EXPECT_EQ(systemd->wait_for("WATCHDOG=1"), "WATCHDOG=1");
    EXPECT_EQ(systemd->wait_for("WATCHDOG=1"), "WATCHDOG=1");
    service.signal(SIGSTOP);
    ASSERT_TRUE(service.stopped());
    systemd->forget();
    EXPECT_EQ(systemd->wait_for("WATCHDOG=1", 1s), "") << "so systemd would restart it";
    service.signal(SIGCONT);
    EXPECT_EQ(systemd->wait_for("WATCHDOG=1"), "WATCHDOG=1");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, IsNotToldThatTheDaemonLivesWhereAnotherProcessIsMeant) {
    daemon->set_environment("WATCHDOG_USEC", "20000");
    daemon->set_environment("WATCHDOG_PID", "1");
    ready_service();
    EXPECT_EQ(get("/health/live").status, 200);
    EXPECT_EQ(daemon->stop(), 0);
    systemd->forget();
    EXPECT_THAT(systemd->messages(), Not(testing::Contains("WATCHDOG=1")));
}

TEST_F(Systemd, ReloadsSettingsAndGoesOnWithTheNewOnes) {
    given_sets();
    daemon->set("REVERSE_SYNC_INTERVAL_MINUTES", "60");
    Process& service = ready_service();
    daemon->set("REVERSE_SYNC_INTERVAL_MINUTES", "7");
    ask_to_reload();
    service.wait_for("⏰ Starting periodic reverse sync (every 7 minutes)");
    service.wait_for("🔁 Settings reloaded");
    service.wait_for("✓ Startup sync complete");
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    const int note = doctor_writes("after the reload");
    EXPECT_EQ(post("/api/sync/manual-reverse-sync").status, 200);
    EXPECT_EQ(lab_text(note), "after the reload");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, ReloadsAnotherPortAndLeavesTheFormer) {
    ready_service();
    const std::string former = daemon->port();
    daemon->set("PORT", free_port());
    ask_to_reload();
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    EXPECT_EQ(send(daemon->setting("PORT"), {"GET", "/health/live", "", {}}).status, 200);
    EXPECT_ANY_THROW(send(former, {"GET", "/health/live", "", {}}));
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, KeepsTheFormerSettingsWhenTheEnvFileIsBroken) {
    given_sets();
    Process& service = settled_service();
    write_file(daemon->env_file(), "PORT=3000\nCanary without a value\n");
    systemd->forget();
    service.signal(SIGHUP);
    const std::string line = service.wait_for("❌ Settings not reloaded, the former ones stay: ");
    EXPECT_THAT(line, HasSubstr("line 2: expected NAME=VALUE"));
    EXPECT_THAT(line, HasSubstr(daemon->env_file().string()));
    EXPECT_THAT(line, Not(HasSubstr("Canary")));
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    const int note = doctor_writes("with the former settings");
    EXPECT_EQ(post("/api/sync/manual-reverse-sync").status, 200);
    EXPECT_EQ(lab_text(note), "with the former settings");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, KeepsTheFormerMappingWhenTheNewOneIsBroken) {
    given_sets();
    Process& service = settled_service();
    const auto mapping = daemon->folder() / "mapping.json";
    write_file(mapping, "{\n  \"version\": 1,\n  \"streams\": [}\n");
    daemon->set("REVERSE_SYNC_MAPPING", mapping.string());
    ask_to_reload();
    const std::string line = service.wait_for("❌ Settings not reloaded, the former ones stay: ");
    EXPECT_THAT(line, HasSubstr("line 3"));
    EXPECT_THAT(line, HasSubstr(mapping.string()));
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    const int note = doctor_writes("with the former mapping");
    EXPECT_EQ(post("/api/sync/manual-reverse-sync").status, 200);
    EXPECT_EQ(lab_text(note), "with the former mapping");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, GoesBackToTheFormerSettingsWhenTheNewOnesCannotBeStarted) {
    given_sets();
    ready_service();
    daemon->set("PORT", lab->address().port);  // where somebody else listens
    ask_to_reload();
    daemon->running().wait_for("❌ Settings not reloaded, the former ones stay: ");
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    EXPECT_EQ(get("/health/live").status, 200);
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, LosesNoRequestWhileItReloads) {
    given_sets();
    Process& service = settled_service();
    lab->arm("slow", 1, 1'500);
    doctor_writes("in the batch that the reload waits for");
    service.signal(SIGUSR1);
    service.wait_for("📝 Found 1 note(s) to sync");
    ask_to_reload();
    EXPECT_EQ(get("/health/live").status, 200) << "it waits for the new settings, and is not refused";
    EXPECT_THAT(systemd->wait_for("READY=1"), StartsWith("READY=1\n"));
    expect_same_notes();
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Systemd, ReloadsInTheMiddleOfACatchUpWithoutLosingARow) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "50");
    doctor_writes_many(3'000);
    Process& service = daemon->start();
    service.wait_for("✅ Synced 50/50 notes (0 errors)");
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "1000");
    ask_to_reload();
    service.wait_for("🔁 Settings reloaded");
    service.wait_for("🎉 Startup sync recovered ");
    expect_same_notes();
    expect_one_flag_per_note();
    EXPECT_EQ(daemon->stop(), 0);
}

}  // namespace
}  // namespace revsync::test
