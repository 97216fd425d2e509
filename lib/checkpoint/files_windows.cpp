#include <windows.h>

#include "checkpoint/files.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;

error_code last_error() {
    return {static_cast<int>(::GetLastError()), boost::system::system_category()};
}

SystemResult<void> outcome(BOOL succeeded) {
    if (!succeeded) {
        return last_error();
    }
    return {};
}

// Virus scanners and back-ups open a file that was just written, and are done with it in a moment.
constexpr int attempts_at_a_file_in_use = 5;
constexpr DWORD until_the_next_attempt_ms = 20;

// Access is what the folder hands down: the installer gives it to the service and to administrators only.
class WindowsFiles final : public Files {
public:
    SystemResult<std::string> read(const fs::path& file, std::size_t limit) override {
        const HANDLE opened = ::CreateFileW(file.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                            OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
        if (opened == INVALID_HANDLE_VALUE) {
            return last_error();
        }
        auto content = read_all(opened, limit);
        ::CloseHandle(opened);
        return content;
    }

    SystemResult<Handle> create(const fs::path& file) override { return open(file, GENERIC_WRITE, CREATE_NEW); }

    SystemResult<std::size_t> write(Handle handle, std::string_view text) override {
        DWORD written = 0;
        if (!::WriteFile(native(handle), text.data(), static_cast<DWORD>(text.size()), &written, nullptr)) {
            return last_error();
        }
        return std::size_t{written};
    }

    SystemResult<void> flush(Handle handle) override { return outcome(::FlushFileBuffers(native(handle))); }

    SystemResult<void> close(Handle handle) override { return outcome(::CloseHandle(native(handle))); }

    SystemResult<void> replace(const fs::path& from, const fs::path& to) override {
        for (int attempt = 1;; ++attempt) {
            const auto moved =
                outcome(::MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH));
            if (!moved.has_error() || !is_in_use(moved.error(), to)) {
                return moved;
            }
            if (attempt == attempts_at_a_file_in_use) {
                return make_error_code(boost::system::errc::device_or_resource_busy);
            }
            ::Sleep(until_the_next_attempt_ms);
        }
    }

    // The write-through move has done it.
    SystemResult<void> flush_folder(const fs::path&) override { return {}; }

    SystemResult<void> remove(const fs::path& file) override { return outcome(::DeleteFileW(file.c_str())); }

    SystemResult<void> create_folder(const fs::path& folder) override {
        return outcome(::CreateDirectoryW(folder.c_str(), nullptr));
    }

    bool exists(const fs::path& path) override { return ::GetFileAttributesW(path.c_str()) != INVALID_FILE_ATTRIBUTES; }

    // Without sharing, the open handle itself is the lock.
    SystemResult<Handle> lock(const fs::path& file) override {
        auto opened = open(file, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
        if (opened.has_error() && opened.error().value() == ERROR_SHARING_VIOLATION) {
            return make_error_code(boost::system::errc::resource_unavailable_try_again);
        }
        return opened;
    }

    void unlock(Handle handle) override { ::CloseHandle(native(handle)); }

private:
    // What is open without FILE_SHARE_DELETE cannot be replaced. The system says "access denied" then, as it does where
    // rights are missing; asked for alone, the right to delete tells which it is.
    static bool is_in_use(const error_code& error, const fs::path& file) {
        if (error.value() != ERROR_ACCESS_DENIED) {
            return error.value() == ERROR_SHARING_VIOLATION;
        }
        const HANDLE opened =
            ::CreateFileW(file.c_str(), DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                          OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
        const bool in_use = opened == INVALID_HANDLE_VALUE && ::GetLastError() == ERROR_SHARING_VIOLATION;
        if (opened != INVALID_HANDLE_VALUE) {
            ::CloseHandle(opened);
        }
        return in_use;
    }

    static HANDLE native(Handle handle) { return reinterpret_cast<HANDLE>(handle); }

    static SystemResult<Handle> open(const fs::path& file, DWORD access, DWORD disposition) {
        const HANDLE opened =
            ::CreateFileW(file.c_str(), access, 0, nullptr, disposition, FILE_ATTRIBUTE_NORMAL, nullptr);
        if (opened == INVALID_HANDLE_VALUE) {
            return last_error();
        }
        return reinterpret_cast<Handle>(opened);
    }

    static SystemResult<std::string> read_all(HANDLE opened, std::size_t limit) {
        std::string content;
        char buffer[4096];
        while (content.size() <= limit) {
            DWORD count = 0;
            if (!::ReadFile(opened, buffer, sizeof buffer, &count, nullptr)) {
                return last_error();
            }
            if (count == 0) {
                return content;
            }
            content.append(buffer, count);
        }
        content.resize(limit + 1);
        return content;
    }
};

}  // namespace

std::unique_ptr<Files> create_system_files() {
    return std::make_unique<WindowsFiles>();
}

}  // namespace revsync
