#include "support/harness/daemon.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <sstream>

#include "support/harness/environment.hpp"
#include "support/harness/http_client.hpp"

namespace revsync::test {
namespace {

// A line of the .env; every value is quoted, so that any character may stand in it.
std::string env_line(const std::string& name, const std::string& value) {
    std::string escaped;
    for (const char letter : value) {
        if (letter == '"' || letter == '\\' || letter == '$') {
            escaped += '\\';
        }
        escaped += letter;
    }
    return fmt::format("{}=\"{}\"\n", name, escaped);
}

}  // namespace

std::vector<std::string> Outcome::lines_with(const std::string& text) const {
    std::vector<std::string> found;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        if (line.find(text) != std::string::npos) {
            found.push_back(line);
        }
    }
    return found;
}

Daemon::Daemon() : port_{free_port()} {
    std::filesystem::create_directory(folder() / "state");
    set("REVERSE_SYNC_STATE_FILE", state_file().string());
    set("PORT", port_);
}

Daemon::~Daemon() = default;

void Daemon::use(const SupabaseDatabase& supabase, const SqlServerDatabase& lab) {
    set("SUPABASE_DB_URL", supabase.url());
    set("DB_SERVER", lab.address().host);
    set("DB_PORT", lab.address().port);
    set("DB_NAME", lab.address().database);
    set("DB_USER", lab.address().user);
    set("DB_PASSWORD", lab.address().password);
    set("DB_ENCRYPT", "off");
}

void Daemon::write_settings() const {
    std::string text;
    for (const auto& [name, value] : settings_) {
        text += env_line(name, value);
    }
    write_file(env_file(), text);
    std::filesystem::permissions(env_file(), std::filesystem::perms{0600});
}

Command Daemon::prepared(std::vector<std::string> arguments) {
    write_settings();
    arguments.insert(arguments.end(), {"--env-file", env_file().string()});
    return {daemon_program(), std::move(arguments), environment_, folder()};
}

Outcome Daemon::command(std::vector<std::string> arguments) {
    Process process{prepared(std::move(arguments))};
    const int code = process.wait(std::chrono::seconds{120});
    printed_ += process.output();
    return {code, process.output()};
}

Process& Daemon::start() {
    keep_output();
    process_ = std::make_unique<Process>(prepared({"run"}));
    return *process_;
}

int Daemon::stop() {
    process_->signal(SIGTERM);
    return process_->wait();
}

void Daemon::kill() {
    process_->kill();
}

void Daemon::keep_output() {
    if (process_) {
        process_->kill();
        printed_ += process_->output();
        process_.reset();
    }
}

std::string Daemon::state() const {
    return content_of(state_file());
}
std::string Daemon::quarantine() const {
    return content_of(quarantine_file());
}

std::string Daemon::everything_left_behind() {
    keep_output();
    std::string all = printed_;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder()}) {
        if (entry.is_regular_file() && entry.path().filename() != ".env") {
            all += fmt::format("\n{}\n{}", entry.path().string(), content_of(entry.path()));
        }
    }
    return all;
}

}  // namespace revsync::test
