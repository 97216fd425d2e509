#include "support/harness/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace revsync::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, const char* folder, int output, char** arguments, char** environment) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (::chdir(folder) == 0 && ::dup2(nothing, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(output, 2) == 2) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::syscall(SYS_close_range, 3U, ~0U, 0U);
        ::execve(program, arguments, environment);
    }
    ::_exit(127);
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000));
}

}  // namespace

Process::Process(const Command& command) {
    std::vector<std::string> arguments{command.program.string()};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> environment;
    for (const auto& [name, value] : command.environment) {
        environment.push_back(name + "=" + value);
    }
    auto argument_pointers = pointers(arguments);
    auto environment_pointers = pointers(environment);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::runtime_error("cannot make a pipe");
    }
    id_ = ::fork();
    if (id_ == 0) {
        become(arguments[0].c_str(), command.folder.c_str(), ends[1], argument_pointers.data(),
               environment_pointers.data());
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
    handle_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
    if (id_ < 0 || handle_ < 0) {
        throw std::runtime_error(fmt::format("cannot start {}", command.program.string()));
    }
}

Process::~Process() {
    kill();
    ::close(handle_);
    if (pipe_ >= 0) {
        ::close(pipe_);
    }
}

void Process::signal(int number) const {
    if (!exit_code_) {
        ::kill(id_, number);
    }
}

void Process::kill() {
    if (!exit_code_) {
        signal(SIGKILL);
        wait();
    }
}

bool Process::stopped() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(id_), &info, WSTOPPED | WEXITED | WNOWAIT) == 0 &&
           info.si_code == CLD_STOPPED;
}

bool Process::running() {
    return !ended_within(std::chrono::milliseconds{0}).has_value();
}

std::string Process::wait_for(const std::string& text, std::chrono::milliseconds at_most) {
    const Deadline deadline = std::chrono::steady_clock::now() + at_most;
    for (;;) {
        while (passed_ < lines_.size()) {
            const std::string& line = lines_[passed_++];
            if (line.find(text) != std::string::npos) {
                return line;
            }
        }
        if ((exit_code_ && pipe_ < 0) || std::chrono::steady_clock::now() >= deadline) {
            throw std::runtime_error(fmt::format("waited in vain for '{}'; the output:\n{}", text, output()));
        }
        read_until(deadline);
    }
}

int Process::wait(std::chrono::milliseconds at_most) {
    if (const auto code = ended_within(at_most)) {
        return *code;
    }
    throw std::runtime_error(fmt::format("the process did not end; its output:\n{}", output()));
}

std::optional<int> Process::ended_within(std::chrono::milliseconds at_most) {
    const Deadline deadline = std::chrono::steady_clock::now() + at_most;
    do {
        read_until(deadline);
    } while (!(exit_code_ && pipe_ < 0) && std::chrono::steady_clock::now() < deadline);
    return exit_code_;
}

// Takes one thing that happened: output, the end of the output, or the end of the process.
void Process::read_until(Deadline deadline) {
    pollfd waits[2] = {{exit_code_ ? -1 : handle_, POLLIN, 0}, {pipe_, POLLIN, 0}};
    if (::poll(waits, 2, milliseconds_until(deadline)) <= 0) {
        return;
    }
    if (waits[1].revents != 0) {
        char buffer[65536];
        const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
        if (count > 0) {
            unfinished_.append(buffer, static_cast<std::size_t>(count));
            split_lines();
        } else if (count == 0) {
            ::close(pipe_);
            pipe_ = -1;
            if (!unfinished_.empty()) {
                lines_.push_back(std::move(unfinished_));
                unfinished_.clear();
            }
        }
    }
    if (waits[0].revents != 0) {
        int status = 0;
        ::waitpid(id_, &status, 0);
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

void Process::split_lines() {
    std::size_t start = 0;
    for (std::size_t end; (end = unfinished_.find('\n', start)) != std::string::npos; start = end + 1) {
        lines_.push_back(unfinished_.substr(start, end - start));
    }
    unfinished_.erase(0, start);
}

std::string Process::output() const {
    return fmt::format("{}\n{}", fmt::join(lines_, "\n"), unfinished_);
}

}  // namespace revsync::test
