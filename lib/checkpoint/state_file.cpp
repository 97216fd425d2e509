#include "checkpoint/state_file.hpp"

#include <fmt/format.h>

#include <utility>

#include "checkpoint/file_error.hpp"
#include "checkpoint/format.hpp"
#include "checkpoint/kept_file.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
namespace errc = boost::system::errc;

fs::path beside(const fs::path& state_file, const char* ending) {
    auto name = state_file.stem();
    name += ending;
    return state_file.parent_path() / name;
}

KeptFile::About about_state(const fs::path& file) {
    return {file, "the state file", state_file_limit_bytes, "every stream starts at the look-back window",
            "there is no state file yet: every stream starts at the look-back window"};
}

KeptFile::About about_quarantine(const fs::path& file) {
    return {quarantine_file(file), "the quarantine file", quarantine_file_limit_bytes,
            "rows parked in it are not retried; remove the last…Sync fields from the state file to read the "
            "look-back window again",
            ""};
}

KeptFile::About about_echoes(const fs::path& file) {
    return {echoes_file(file), "the echoes file", echoes_file_limit_bytes,
            "rows that SQL Server wrote to Supabase lately may be taken for edits made there, once", ""};
}

class FileCheckpoint final : public Checkpoint {
public:
    FileCheckpoint(fs::path file, Logger logger, const Clock& clock, std::unique_ptr<Files> files)
        : file_{std::move(file)},
          files_{std::move(files)},
          logger_{std::move(logger)},
          state_{about_state(file_), *files_, logger_, clock},
          quarantine_{about_quarantine(file_), *files_, logger_, clock},
          echoes_{about_echoes(file_), *files_, logger_, clock} {}

    FileCheckpoint(const FileCheckpoint&) = delete;
    FileCheckpoint& operator=(const FileCheckpoint&) = delete;

    ~FileCheckpoint() override {
        if (lock_) {
            files_->unlock(*lock_);
        }
    }

    Result<State> load() override {
        if (auto locked = lock(); locked.has_error()) {
            return locked.error();
        }
        auto parsed = state_.load<ParsedState>(parse_state);
        if (parsed.has_error()) {
            return parsed.error();
        }
        for (const auto& remark : parsed->remarks) {
            logger_.info("{}", remark);
        }
        return std::move(parsed->state);
    }

    Result<void> save(const State& state) override {
        if (!state_.loaded()) {
            if (auto loaded = load(); loaded.has_error()) {
                return loaded.error();
            }
        }
        return state_.save(format_state(state));
    }

    Result<std::vector<ParkedRow>> load_quarantine() override {
        if (auto locked = lock(); locked.has_error()) {
            return locked.error();
        }
        return quarantine_.load<std::vector<ParkedRow>>(parse_quarantine);
    }

    Result<void> save_quarantine(const std::vector<ParkedRow>& rows) override {
        if (!quarantine_.loaded()) {
            if (auto loaded = load_quarantine(); loaded.has_error()) {
                return loaded.error();
            }
        }
        return quarantine_.save(format_quarantine(rows));
    }

    Result<std::vector<Echo>> load_echoes() override {
        if (auto locked = lock(); locked.has_error()) {
            return locked.error();
        }
        return echoes_.load<std::vector<Echo>>(parse_echoes);
    }

    Result<void> save_echoes(const std::vector<Echo>& echoes) override {
        if (!echoes_.loaded()) {
            if (auto loaded = load_echoes(); loaded.has_error()) {
                return loaded.error();
            }
        }
        return echoes_.save(format_echoes(echoes));
    }

private:
    // Two daemons on one file would each undo what the other remembers.
    Result<void> lock() {
        if (locked_) {
            return {};
        }
        if (auto created = create_folder(); created.has_error()) {
            return created;
        }
        auto name = file_;
        name += ".lock";
        const auto locked = files_->lock(name);
        if (!locked.has_error()) {
            lock_ = *locked;
            locked_ = true;
            return {};
        }
        if (locked.error() == errc::no_lock_available || locked.error() == errc::not_supported ||
            locked.error() == errc::operation_not_supported) {
            logger_.warning("⚠️  the file system of {} has no locks: make sure that only one reverse-syncd uses it",
                            file_.string());
            locked_ = true;
            return {};
        }
        if (locked.error() == errc::resource_unavailable_try_again) {
            return Error{Disposition::configuration, fmt::format("errno {}", locked.error().value()),
                         fmt::format("another reverse-syncd uses the state file {}: stop it, or give this one its own "
                                     "REVERSE_SYNC_STATE_FILE",
                                     file_.string())};
        }
        return file_error("lock the state file", name, locked.error());
    }

    Result<void> create_folder() {
        const auto folder = file_.parent_path();
        if (folder.empty() || files_->exists(folder)) {
            return {};
        }
        const auto created = files_->create_folder(folder);
        if (created.has_error() && created.error() != errc::file_exists) {
            return file_error("create the state file's folder", folder, created.error());
        }
        return {};
    }

    fs::path file_;
    std::unique_ptr<Files> files_;
    Logger logger_;
    KeptFile state_;
    KeptFile quarantine_;
    KeptFile echoes_;
    std::optional<Files::Handle> lock_;
    bool locked_ = false;  // or known to be impossible
};

}  // namespace

fs::path quarantine_file(const fs::path& state_file) {
    return beside(state_file, "-quarantine.json");
}

fs::path echoes_file(const fs::path& state_file) {
    return beside(state_file, "-echoes.json");
}

std::unique_ptr<Checkpoint> create_file_checkpoint(fs::path state_file, Logger logger, const Clock& clock) {
    return create_file_checkpoint(std::move(state_file), std::move(logger), clock, create_system_files());
}

std::unique_ptr<Checkpoint> create_file_checkpoint(fs::path state_file, Logger logger, const Clock& clock,
                                                   std::unique_ptr<Files> files) {
    return std::make_unique<FileCheckpoint>(std::move(state_file), std::move(logger), clock, std::move(files));
}

}  // namespace revsync
