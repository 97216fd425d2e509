#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "e2e/webhook_test.hpp"

namespace revsync::test {

// The clinic with a daemon that carries both ways. It looks at SQL Server's queue when it is told to, and hardly ever
// by itself.
class ForwardTest : public WebhookTest {
protected:
    void SetUp() override;

    // The older generation of the practice's triggers: each queue row holds its row, Status is in lower case.
    void given_older_triggers();
    // A batch of set 1 that the lab made, on both sides.
    void given_lab_batch(int batch, int days);

    // `count` batches of set 1 from number 1 on, `days` each.
    void given_lab_batches(int count, int days);
    // Lab notes of set 1, numbered from `first` on.
    void lab_writes_many(int first, int count);

    // Starts the service and waits until both directions have caught up.
    Process& start_service();
    // POST /api/sync/queue-notify.
    HttpReply notify();
    // Drains the queue to its end; what the daemon answers.
    boost::json::object drain();
    void catch_up();

    void lab_changes_days(int batch, int days);
    std::string supabase_days(int batch);
    // Queue rows by Status, whatever its case.
    long queued(const std::string& status);
    // The queue's only value of one record.
    std::string queue_value(const std::string& column, const std::string& table, int record);
    // The queue as a trigger fills it, past all triggers.
    void queue(const std::string& table, int record, const std::string& operation, const std::string& json = "NULL");

    // Changes with every write to Supabase, also with one that changes no value.
    std::string supabase_versions();
};

}  // namespace revsync::test
