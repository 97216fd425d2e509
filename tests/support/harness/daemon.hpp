#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/harness/process.hpp"
#include "support/harness/sqlserver_database.hpp"
#include "support/harness/supabase_database.hpp"
#include "support/harness/temp_folder.hpp"

namespace revsync::test {

// What a command of the daemon that ended by itself left behind.
struct Outcome {
    int exit_code = 0;
    std::string output;

    bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
    // The lines that contain `text`.
    std::vector<std::string> lines_with(const std::string& text) const;
};

// The daemon with a folder, an .env, a state file and a port of its own. Everything that any of its runs printed is
// kept.
class Daemon {
public:
    Daemon();
    ~Daemon();

    void set(const std::string& name, const std::string& value) { settings_[name] = value; }
    void unset(const std::string& name) { settings_.erase(name); }
    const std::string& setting(const std::string& name) const { return settings_.at(name); }
    // Of the process, beside the .env.
    void set_environment(const std::string& name, const std::string& value) { environment_[name] = value; }
    void use(const SupabaseDatabase& supabase, const SqlServerDatabase& lab);

    Outcome once() { return command({"once"}); }
    Outcome check() { return command({"check"}); }
    // Any command with any arguments, to its end.
    Outcome command(std::vector<std::string> arguments);

    // The service in the foreground. One at a time.
    Process& start();
    Process& running() { return *process_; }
    // The .env as a start writes it, for one that runs.
    void write_settings() const;
    std::filesystem::path env_file() const { return folder() / ".env"; }
    // SIGTERM and the exit code.
    int stop();
    void kill();

    const std::string& port() const { return port_; }
    const std::filesystem::path& folder() const { return folder_.path(); }
    std::filesystem::path state_file() const { return folder() / "state" / "reverse-sync-state.json"; }
    std::filesystem::path quarantine_file() const { return folder() / "state" / "reverse-sync-state-quarantine.json"; }
    std::string state() const;
    std::string quarantine() const;

    // Everything that the daemon printed and every file in its folder but the .env.
    std::string everything_left_behind();

private:
    Command prepared(std::vector<std::string> arguments);
    void keep_output();

    TempFolder folder_;
    std::string port_;
    std::map<std::string, std::string> settings_;
    std::map<std::string, std::string> environment_{{"PATH", "/usr/bin:/bin"}, {"TZ", "UTC"}, {"LANG", "C"}};
    std::unique_ptr<Process> process_;
    std::string printed_;
};

}  // namespace revsync::test
