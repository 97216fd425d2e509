#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "checkpoint/files.hpp"

namespace revsync {

// Other files, with a question before each call that changes something: go on, fail with an error, or never return.
// What is written goes out in two halves.
class FaultyFiles final : public Files {
public:
    using Before = std::function<boost::system::error_code(std::size_t call)>;  // calls are counted from 1

    FaultyFiles(std::unique_ptr<Files> files, Before before) : files_{std::move(files)}, before_{std::move(before)} {}

    SystemResult<std::string> read(const std::filesystem::path& file, std::size_t limit) override {
        return files_->read(file, limit);
    }
    SystemResult<Handle> create(const std::filesystem::path& file) override {
        return checked<Handle>([&] { return files_->create(file); });
    }
    SystemResult<std::size_t> write(Handle handle, std::string_view text) override {
        const auto half = text.substr(0, std::max<std::size_t>(1, text.size() / 2));
        return checked<std::size_t>([&] { return files_->write(handle, half); });
    }
    SystemResult<void> flush(Handle handle) override {
        return checked<void>([&] { return files_->flush(handle); });
    }
    SystemResult<void> close(Handle handle) override {
        const auto closed = files_->close(handle);  // in any case, so that no descriptor leaks
        return checked<void>([&] { return closed; });
    }
    SystemResult<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return checked<void>([&] { return files_->replace(from, to); });
    }
    SystemResult<void> flush_folder(const std::filesystem::path& folder) override {
        return checked<void>([&] { return files_->flush_folder(folder); });
    }
    SystemResult<void> remove(const std::filesystem::path& file) override { return files_->remove(file); }
    SystemResult<void> create_folder(const std::filesystem::path& folder) override {
        return files_->create_folder(folder);
    }
    bool exists(const std::filesystem::path& path) override { return files_->exists(path); }
    SystemResult<Handle> lock(const std::filesystem::path& file) override { return files_->lock(file); }
    void unlock(Handle handle) override { files_->unlock(handle); }

private:
    template <class T, class Call>
    SystemResult<T> checked(Call call) {
        if (const auto error = before_(++calls_)) {
            return error;
        }
        return call();
    }

    std::unique_ptr<Files> files_;
    Before before_;
    std::size_t calls_ = 0;
};

}  // namespace revsync
