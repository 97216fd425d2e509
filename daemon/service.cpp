#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"
#include "configuration.hpp"
#ifdef _WIN32
#include "service/service_verbs.hpp"
#include "service/windows_service_manager.hpp"
#endif

namespace revsync {

#ifdef _WIN32

namespace {

void say(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

Result<std::optional<ServiceAccount>> account_of(const ServiceOptions& options) {
    if (!options.account) {
        return std::optional<ServiceAccount>{};
    }
    ServiceAccount account{*options.account, ""};
    if (account_kind(account.name) == AccountKind::person) {
        auto password = read_password(fmt::format("Password of {}: ", account.name));
        if (!password) {
            return password.error();
        }
        account.password = std::move(*password);
    }
    return std::optional{std::move(account)};
}

// Whether all is as asked.
Result<bool> carry_out(const ServiceOptions& options) {
    const auto done = [](const Result<void>& result) { return result ? Result<bool>{true} : result.error(); };
    const auto manager = open_service_manager();
    if (!manager) {
        return manager.error();
    }
    switch (options.verb) {
        case ServiceVerb::install: {
            const auto account = account_of(options);
            return account ? done(install_service(**manager, *account, say)) : account.error();
        }
        case ServiceVerb::uninstall:
            return done(uninstall_service(**manager, options.purge, say));
        case ServiceVerb::start:
            return done(start_service(**manager, say));
        case ServiceVerb::stop:
            return done(stop_service(**manager, say));
        case ServiceVerb::status:
            break;
    }
    return service_status(**manager, say);
}

}  // namespace

int run_service(const ServiceOptions& options) {
    const Result<bool> good = carry_out(options);
    if (!good) {
        complain(good.error());
    }
    return good && *good ? exit_good : exit_failed;
}

#else

int run_service(const ServiceOptions& /*options*/) {
    fmt::print(stderr,
               "reverse-syncd: the service of this system is systemd's: use systemctl, as docs/linux.md shows\n");
    return exit_usage;
}

#endif

}  // namespace revsync
