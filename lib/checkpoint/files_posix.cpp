#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "checkpoint/files.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;

error_code last_error() {
    return {errno, boost::system::system_category()};
}

// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

SystemResult<void> outcome(int result) {
    if (result < 0) {
        return last_error();
    }
    return {};
}

// Failing to is no failure: the file can be used here and now.
void give_to_owner_of_folder(int descriptor, const fs::path& file) {
    struct stat folder {};
    const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    if (::geteuid() == 0 && ::stat(parent.c_str(), &folder) == 0 && folder.st_uid != 0) {
        [[maybe_unused]] const int ignored = ::fchown(descriptor, folder.st_uid, folder.st_gid);
    }
}

class PosixFiles final : public Files {
public:
    SystemResult<std::string> read(const fs::path& file, std::size_t limit) override {
        const int descriptor = uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC); });
        if (descriptor < 0) {
            return last_error();
        }
        auto content = read_all(descriptor, limit);
        ::close(descriptor);
        return content;
    }

    SystemResult<Handle> create(const fs::path& file) override {
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        const int descriptor = uninterrupted([&] { return ::open(file.c_str(), flags, 0600); });
        if (descriptor < 0) {
            return last_error();
        }
        give_to_owner_of_folder(descriptor, file);
        return Handle{descriptor};
    }

    SystemResult<std::size_t> write(Handle handle, std::string_view text) override {
        const auto written = uninterrupted([&] { return ::write(number(handle), text.data(), text.size()); });
        if (written < 0) {
            return last_error();
        }
        return static_cast<std::size_t>(written);
    }

    SystemResult<void> flush(Handle handle) override {
        return outcome(uninterrupted([&] { return ::fsync(number(handle)); }));
    }

    // Not repeated after a signal: Linux has closed the descriptor by then.
    SystemResult<void> close(Handle handle) override { return outcome(::close(number(handle))); }

    SystemResult<void> replace(const fs::path& from, const fs::path& to) override {
        return outcome(::rename(from.c_str(), to.c_str()));
    }

    SystemResult<void> flush_folder(const fs::path& folder) override {
        const int descriptor =
            uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
        if (descriptor < 0) {
            return last_error();
        }
        const auto flushed = outcome(uninterrupted([&] { return ::fsync(descriptor); }));
        ::close(descriptor);
        // Some network file systems cannot flush a folder; they have nothing to flush.
        const bool unsupported = flushed.has_error() && flushed.error() == boost::system::errc::invalid_argument;
        return unsupported ? SystemResult<void>{} : flushed;
    }

    SystemResult<void> remove(const fs::path& file) override { return outcome(::unlink(file.c_str())); }

    SystemResult<void> create_folder(const fs::path& folder) override { return outcome(::mkdir(folder.c_str(), 0700)); }

    bool exists(const fs::path& path) override {
        struct stat status {};
        return ::lstat(path.c_str(), &status) == 0;
    }

    SystemResult<Handle> lock(const fs::path& file) override {
        constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
        const int descriptor = uninterrupted([&] { return ::open(file.c_str(), flags, 0600); });
        if (descriptor < 0) {
            return last_error();
        }
        give_to_owner_of_folder(descriptor, file);
        if (uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) < 0) {
            const auto error = last_error();
            ::close(descriptor);
            return error;
        }
        return Handle{descriptor};
    }

    void unlock(Handle handle) override { ::close(number(handle)); }

private:
    static int number(Handle handle) { return static_cast<int>(handle); }

    static SystemResult<std::string> read_all(int descriptor, std::size_t limit) {
        std::string content;
        char buffer[4096];
        while (content.size() <= limit) {
            const auto count = uninterrupted([&] { return ::read(descriptor, buffer, sizeof buffer); });
            if (count < 0) {
                return last_error();
            }
            if (count == 0) {
                return content;
            }
            content.append(buffer, static_cast<std::size_t>(count));
        }
        content.resize(limit + 1);
        return content;
    }
};

}  // namespace

std::unique_ptr<Files> create_system_files() {
    return std::make_unique<PosixFiles>();
}

}  // namespace revsync
