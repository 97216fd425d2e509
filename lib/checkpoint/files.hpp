#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace revsync {

template <class T>
using SystemResult = boost::system::result<T>;

// The system calls that files are kept with, one by one, so that a test can fail, or end the process, at each.
// Errors are the platform's own numbers in the system category.
class Files {
public:
    using Handle = std::intptr_t;

    virtual ~Files() = default;

    // The file's content, or that of its first `limit` + 1 bytes when it is larger than `limit`.
    virtual SystemResult<std::string> read(const std::filesystem::path& file, std::size_t limit) = 0;

    // A new, empty file that only its owner may read. An existing one is an error. Where root makes it, as an
    // administrator does with a command, it belongs to the owner of its folder: the service goes on to use it. So does
    // lock()'s.
    virtual SystemResult<Handle> create(const std::filesystem::path& file) = 0;
    // How much of `text` was taken, at least one byte.
    virtual SystemResult<std::size_t> write(Handle handle, std::string_view text) = 0;
    // Returns once the content would survive a loss of power.
    virtual SystemResult<void> flush(Handle handle) = 0;
    virtual SystemResult<void> close(Handle handle) = 0;

    // Puts `from` in the place of `to`, whether `to` exists or not, in one step.
    virtual SystemResult<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    // Returns once the names in `folder` would survive a loss of power.
    virtual SystemResult<void> flush_folder(const std::filesystem::path& folder) = 0;

    // A file that is not there is an error like any other.
    virtual SystemResult<void> remove(const std::filesystem::path& file) = 0;
    // A folder that only its owner may enter.
    virtual SystemResult<void> create_folder(const std::filesystem::path& folder) = 0;
    virtual bool exists(const std::filesystem::path& path) = 0;

    // Opens `file` (created when it is missing) and locks it until the process ends or unlock(). Held by
    // somebody else: resource_unavailable_try_again.
    virtual SystemResult<Handle> lock(const std::filesystem::path& file) = 0;
    virtual void unlock(Handle handle) = 0;
};

// The machine's.
std::unique_ptr<Files> create_system_files();

}  // namespace revsync
