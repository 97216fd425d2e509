#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "command_line.hpp"
#include "commands.hpp"
#include "http/client.hpp"
#include "status_report.hpp"

namespace revsync {

namespace {

// Any of them opens the status; one that also signs is better not shown.
const Secret* secret_to_show(const std::vector<Secret>& secrets) {
    const auto plain =
        std::ranges::find_if(secrets, [](const Secret& secret) { return !secret.reveal().starts_with("whsec_"); });
    if (plain != secrets.end()) {
        return &*plain;
    }
    return secrets.empty() ? nullptr : &secrets.front();
}

Result<http::Response> ask(const Settings& settings) {
    http::ClientSettings client;
    client.host = settings.host;
    client.port = settings.port;
    client.certificate = settings.tls_cert_file;
    http::Request request;
    request.method(http::Verb::get);
    request.target("/api/sync/status");
    if (const Secret* secret = secret_to_show(settings.webhook_secrets)) {
        request.set(boost::beast::http::field::authorization, "Bearer " + secret->reveal());
    }
    return http::fetch(client, std::move(request));
}

int complain(const Error& error) {
    fmt::print(stderr, "reverse-syncd: {}\n", describe(error));
    return error.disposition == Disposition::configuration ? exit_usage : exit_failed;
}

// An answer that is not the status.
Error unwanted(http::Status status) {
    if (status == http::Status::unauthorized || status == http::Status::forbidden) {
        return {Disposition::configuration, fmt::format("http {}", static_cast<int>(status)),
                "the daemon refuses to tell; it runs with another SUPABASE_WEBHOOK_SECRET than this command"};
    }
    return {Disposition::retry, fmt::format("http {}", static_cast<int>(status)),
            "the daemon does not tell its status now; see its log"};
}

}  // namespace

int run_status(const Settings& settings, bool json) {
    const Result<http::Response> response = ask(settings);
    if (!response) {
        return complain(response.error());
    }
    if (response->result() != http::Status::ok) {
        return complain(unwanted(response->result()));
    }
    const Result<StatusReport> report = report_status(response->body());
    if (!report) {
        return complain(report.error());
    }
    fmt::print("{}", json ? response->body() + "\n" : report->text);
    return report->in_step ? exit_good : exit_failed;
}

}  // namespace revsync
