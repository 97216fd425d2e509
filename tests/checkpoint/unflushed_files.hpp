#pragma once

#include <map>
#include <memory>
#include <string>

#include "checkpoint/files.hpp"

namespace revsync {

// A disk that holds only what was flushed, and what the system has in memory besides.
class UnflushedDisk {
public:
    using Path = std::filesystem::path;
    struct File {
        std::string seen;
        std::string durable;
    };
    using Names = std::map<Path, std::shared_ptr<File>>;

    Names names;
    Names durable_names;
    std::map<Files::Handle, std::shared_ptr<File>> open;

    // What a file holds after a loss of power. The names may have reached the disk by themselves, or not.
    std::string after_power_loss(const Path& file, bool names_reached_the_disk) const {
        const auto& survived = names_reached_the_disk ? names : durable_names;
        const auto found = survived.find(file);
        return found == survived.end() ? "missing" : found->second->durable;
    }
};

// Files on such a disk.
class UnflushedFiles final : public Files {
public:
    explicit UnflushedFiles(UnflushedDisk& disk) : disk_{disk} {}

    SystemResult<std::string> read(const std::filesystem::path& file, std::size_t limit) override {
        const auto found = disk_.names.find(file);
        if (found == disk_.names.end()) {
            return missing();
        }
        return found->second->seen.substr(0, limit + 1);
    }
    SystemResult<Handle> create(const std::filesystem::path& file) override {
        const auto [entry, is_new] = disk_.names.try_emplace(file, std::make_shared<UnflushedDisk::File>());
        if (!is_new) {
            return make_error_code(boost::system::errc::file_exists);
        }
        disk_.open[++last_handle_] = entry->second;
        return last_handle_;
    }
    SystemResult<std::size_t> write(Handle handle, std::string_view text) override {
        disk_.open.at(handle)->seen += text;
        return text.size();
    }
    SystemResult<void> flush(Handle handle) override {
        disk_.open.at(handle)->durable = disk_.open.at(handle)->seen;
        return {};
    }
    SystemResult<void> close(Handle handle) override {
        disk_.open.erase(handle);
        return {};
    }
    SystemResult<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) override {
        disk_.names[to] = disk_.names.at(from);
        disk_.names.erase(from);
        return {};
    }
    SystemResult<void> flush_folder(const std::filesystem::path&) override {
        disk_.durable_names = disk_.names;
        return {};
    }
    SystemResult<void> remove(const std::filesystem::path& file) override {
        return disk_.names.erase(file) > 0 ? SystemResult<void>{} : SystemResult<void>{missing()};
    }
    SystemResult<void> create_folder(const std::filesystem::path&) override { return {}; }
    bool exists(const std::filesystem::path&) override { return true; }
    SystemResult<Handle> lock(const std::filesystem::path&) override { return ++last_handle_; }
    void unlock(Handle) override {}

private:
    static boost::system::error_code missing() {
        return make_error_code(boost::system::errc::no_such_file_or_directory);
    }

    UnflushedDisk& disk_;
    Handle last_handle_ = 0;
};

}  // namespace revsync
