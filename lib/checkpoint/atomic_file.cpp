#include "checkpoint/atomic_file.hpp"

#include <fmt/format.h>

#include "checkpoint/file_error.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;

SystemResult<void> write_all(Files& files, Files::Handle handle, std::string_view content) {
    while (!content.empty()) {
        const auto written = files.write(handle, content);
        if (written.has_error()) {
            return written.error();
        }
        content.remove_prefix(*written);
    }
    return files.flush(handle);
}

SystemResult<Files::Handle> create_afresh(Files& files, const fs::path& file) {
    auto created = files.create(file);
    if (created.has_error() && created.error() == boost::system::errc::file_exists) {
        // A crash left it behind.
        if (const auto removed = files.remove(file); removed.has_error()) {
            return removed.error();
        }
        created = files.create(file);
    }
    return created;
}

SystemResult<void> write_new_file(Files& files, const fs::path& file, std::string_view content) {
    const auto handle = create_afresh(files, file);
    if (handle.has_error()) {
        return handle.error();
    }
    const auto written = write_all(files, *handle, content);
    const auto closed = files.close(*handle);
    return written.has_error() ? written : closed;
}

}  // namespace

fs::path temporary_name(const fs::path& file) {
    auto name = file;
    name += ".tmp";
    return name;
}

Result<void> write_atomically(Files& files, const fs::path& file, std::string_view content, std::string_view what) {
    const auto failed = [&](const boost::system::error_code& error) {
        return file_error(fmt::format("save {}", what), file, error);
    };
    const auto temporary = temporary_name(file);
    auto done = write_new_file(files, temporary, content);
    if (!done.has_error()) {
        done = files.replace(temporary, file);
    }
    if (done.has_error()) {
        // What is wrong is already known, and whatever stays behind is removed by the next save.
        static_cast<void>(files.remove(temporary));
        return failed(done.error());
    }
    const auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    if (const auto flushed = files.flush_folder(folder); flushed.has_error()) {
        return failed(flushed.error());
    }
    return {};
}

}  // namespace revsync
