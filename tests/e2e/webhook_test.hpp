#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "e2e/clinic_test.hpp"
#include "support/harness/http_client.hpp"
#include "support/harness/pg_net.hpp"

namespace revsync::test {

// The clinic with a daemon that takes webhooks. Secrets and signatures are searched for in what it leaves behind.
class WebhookTest : public ClinicTest {
protected:
    void SetUp() override;

    // Starts the service and waits until the start-up catch-up is over: what arrives later came by itself.
    Process& start_service();

    HttpReply get(const std::string& target);
    HttpReply post(const std::string& target, const std::string& body = "");
    // A webhook with the static secret of the dashboard's webhooks.
    HttpReply webhook(const std::string& body);
    HttpReply webhook(const std::string& body, const std::map<std::string, std::string>& headers);
    HttpRequest webhook_request(const std::string& body) const;

    // Triggers of the practice's own, which fire for every statement that writes to the tables, whatever it changes.
    void given_witnesses();
    long writing_statements();
    long rows_written();  // each time that one was inserted or updated

    std::string static_secret = "a-static-secret-0123456789";
    std::string signing_secret = "whsec_" + std::string(43, 'k') + "=";
};

// The bodies that Supabase's own webhooks have, with the key alone.
std::string note_event(const std::string& type, long note);
std::string batch_event(const std::string& type, long batch);

// The reply is a success of this status and outcome.
MATCHER_P2(Answered, status, outcome, "") {
    return arg.status == status && arg.says(std::string{"\"outcome\":\""} + outcome + "\"");
}

// The reply has this status and tells an error as JSON.
MATCHER_P(RefusedWith, status, "") {
    return arg.status == status && arg.says("\"success\":false") && arg.says("\"error\":\"");
}

}  // namespace revsync::test
