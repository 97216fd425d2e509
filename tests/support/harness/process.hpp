#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace revsync::test {

struct Command {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  // the whole of it: nothing is inherited
    std::filesystem::path folder = "/";
};

// A child process whose standard output and error are read as one sequence of lines. It is killed and reaped when
// this object goes, and killed when the test itself dies. Waits end at once when what they wait for happens.
class Process {
public:
    static constexpr std::chrono::seconds patience{30};

    explicit Process(const Command& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }

    // The next line, after those that earlier waits passed, that contains `text`. Throws std::runtime_error with all
    // output when the process ends or `patience` is over before it comes.
    std::string wait_for(const std::string& text, std::chrono::milliseconds at_most = patience);

    void signal(int number) const;
    // The exit code, or 128 and the signal's number. Throws when the process does not end in time.
    int wait(std::chrono::milliseconds at_most = patience);
    // The same as wait, or nullopt when it still runs after that time.
    std::optional<int> ended_within(std::chrono::milliseconds at_most);
    void kill();

    // Waits until SIGSTOP has stopped it; false when it has ended instead.
    bool stopped() const;

    bool running();
    const std::vector<std::string>& lines() const { return lines_; }
    std::string output() const;

private:
    using Deadline = std::chrono::steady_clock::time_point;

    void read_until(Deadline deadline);
    void split_lines();

    pid_t id_ = -1;
    int pipe_ = -1;
    int handle_ = -1;  // a pidfd: readable once the process has ended
    std::optional<int> exit_code_;
    std::string unfinished_;
    std::vector<std::string> lines_;
    std::size_t passed_ = 0;
};

}  // namespace revsync::test
