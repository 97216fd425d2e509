#include "service/service_verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <utility>

namespace revsync {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;  // beyond the service's own hint
constexpr auto patience_at_all = 5min;
constexpr std::string_view see_events =
    "see the Event Log: Get-WinEvent -ProviderName ReverseSync -MaxEvents 20 | Format-List TimeCreated, Message";

Error failed(std::string text) {
    return Error{Disposition::configuration, "", std::move(text)};
}

Error not_installed() {
    return failed("the service is not installed; run reverse-syncd service install");
}

Result<ServiceReport> installed(ServiceManager& manager) {
    const auto report = manager.query();
    if (!report) {
        return report.error();
    }
    if (!*report) {
        return not_installed();
    }
    return **report;
}

bool running(const ServiceReport& report) {
    return report.state == ServiceState::running;
}

bool stopped(const ServiceReport& report) {
    return report.state == ServiceState::stopped;
}

// Asks until `reached`. A service that makes progress is waited for, as
// https://learn.microsoft.com/windows/win32/services/starting-a-service has it.
Result<ServiceReport> wait_until(ServiceManager& manager, bool (*reached)(const ServiceReport&)) {
    Result<ServiceReport> now = installed(manager);
    std::chrono::milliseconds altogether{0};
    std::chrono::milliseconds unchanged{0};
    while (now && !reached(*now)) {
        if (unchanged > now->wait_hint + patience || altogether > patience_at_all) {
            return failed(fmt::format("the service does not get on; {}", see_events));
        }
        manager.pause();
        altogether += ServiceManager::pause_length;
        unchanged += ServiceManager::pause_length;
        const ServiceReport before = *now;
        now = installed(manager);
        if (now && (now->state != before.state || now->checkpoint != before.checkpoint)) {
            unchanged = 0s;
        }
    }
    return now;
}

// Whether there was anything to stop.
Result<bool> stop_and_wait(ServiceManager& manager, const ServiceReport& report, const Say& say) {
    if (stopped(report)) {
        return false;
    }
    say("Stopping the service: the batch in hand is finished first");
    if (report.state != ServiceState::stop_pending) {
        if (const auto asked = manager.stop(); !asked) {
            return asked.error();
        }
    }
    const auto end = wait_until(manager, stopped);
    return end ? Result<bool>{true} : end.error();
}

}  // namespace

AccountKind account_kind(std::string_view account) {
    const std::string name = boost::algorithm::to_lower_copy(std::string{account});
    if (name == "localsystem" || name == ".\\localsystem" || name.starts_with("nt authority\\")) {
        return AccountKind::system;
    }
    if (name.starts_with("nt service\\")) {
        return AccountKind::service;
    }
    return name.ends_with('$') ? AccountKind::managed : AccountKind::person;
}

Result<void> install_service(ServiceManager& manager, const std::optional<ServiceAccount>& account, const Say& say) {
    const auto before = manager.query();
    if (!before) {
        return before.error();
    }
    if (const auto done = manager.install(account); !done) {
        return done.error();
    }
    const auto env_file = manager.prepare_folder();
    if (!env_file) {
        return env_file.error();
    }
    if (const auto done = manager.register_events(); !done) {
        return done.error();
    }
    const bool was_there = before->has_value();
    say(was_there ? "The service ReverseSync was installed already, and has been brought up to date"
                  : "The service ReverseSync is installed, and will start with Windows");
    if (was_there && !stopped(**before)) {
        say("It goes on as it was until it is restarted: reverse-syncd service stop, then start");
    } else {
        say(fmt::format("Settings: {}", *env_file));
        say("Next: fill them in, then  reverse-syncd check  and  reverse-syncd service start");
    }
    return {};
}

Result<void> uninstall_service(ServiceManager& manager, bool purge, const Say& say) {
    const auto report = manager.query();
    if (!report) {
        return report.error();
    }
    if (*report) {
        if (const auto end = stop_and_wait(manager, **report, say); !end) {
            return end.error();
        }
        if (const auto done = manager.remove(); !done) {
            return done.error();
        }
        say("The service ReverseSync is removed");
    } else {
        say("The service ReverseSync is not installed");
    }
    if (const auto done = manager.unregister_events(); !done) {
        return done.error();
    }
    if (!purge) {
        say("Settings and state stay in ProgramData\\ReverseSync; --purge removes them, too");
        return {};
    }
    if (const auto done = manager.remove_folder(); !done) {
        return done.error();
    }
    say("Settings and state are removed");
    return {};
}

Result<void> start_service(ServiceManager& manager, const Say& say) {
    const auto before = installed(manager);
    if (!before) {
        return before.error();
    }
    if (running(*before)) {
        say(fmt::format("The service runs already, process {}", before->process));
        return {};
    }
    if (before->state == ServiceState::stop_pending) {
        if (const auto end = wait_until(manager, stopped); !end) {
            return end.error();
        }
    }
    say("Starting the service: ready when both databases have been tried");
    if (before->state != ServiceState::start_pending) {
        if (const auto asked = manager.start(); !asked) {
            return asked.error();
        }
    }
    const auto end =
        wait_until(manager, [](const ServiceReport& report) { return running(report) || stopped(report); });
    if (!end) {
        return end.error();
    }
    if (stopped(*end)) {
        return failed(fmt::format("the service has stopped again, exit code {}; {}", end->exit_code, see_events));
    }
    say(fmt::format("The service runs, process {}", end->process));
    return {};
}

Result<void> stop_service(ServiceManager& manager, const Say& say) {
    const auto before = installed(manager);
    if (!before) {
        return before.error();
    }
    const auto was_running = stop_and_wait(manager, *before, say);
    if (!was_running) {
        return was_running.error();
    }
    say(*was_running ? "The service has stopped" : "The service is stopped already");
    return {};
}

Result<bool> service_status(ServiceManager& manager, const Say& say) {
    const auto report = manager.query();
    if (!report) {
        return report.error();
    }
    if (!*report) {
        say("ReverseSync is not installed");
        return false;
    }
    switch ((*report)->state) {
        case ServiceState::running:
            say(fmt::format("ReverseSync runs, process {}", (*report)->process));
            return true;
        case ServiceState::start_pending:
            say(fmt::format("ReverseSync is starting, process {}", (*report)->process));
            return false;
        case ServiceState::stop_pending:
            say(fmt::format("ReverseSync is stopping, process {}", (*report)->process));
            return false;
        case ServiceState::stopped:
            break;
    }
    say((*report)->exit_code == ServiceReport::never_started
            ? std::string{"ReverseSync is stopped, and has not been started since Windows was"}
            : fmt::format("ReverseSync is stopped, exit code of the last run: {}", (*report)->exit_code));
    return false;
}

}  // namespace revsync
