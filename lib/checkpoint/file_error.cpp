#include "checkpoint/file_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/system/error_condition.hpp>

namespace revsync {
namespace {

namespace errc = boost::system::errc;

struct Explanation {
    errc::errc_t condition;
    std::string_view name;
    std::string_view meaning;
    std::string_view next_step;
    Disposition disposition = Disposition::configuration;
};

constexpr auto explanations = std::to_array<Explanation>({
    {errc::no_space_on_device, "ENOSPC", "no space left on the device", "free some space on the disk"},
    {errc::file_too_large, "EFBIG", "the file may not grow further", "raise the service's file size limit"},
    {errc::read_only_file_system, "EROFS", "the file system is read-only",
     "set REVERSE_SYNC_STATE_FILE to a folder that can be written to"},
    {errc::permission_denied, "EACCES", "permission denied", "give the user of the service the folder and its files"},
    {errc::operation_not_permitted, "EPERM", "not permitted", "give the user of the service the folder and its files"},
    {errc::no_such_file_or_directory, "ENOENT", "there is no such folder", "create it or set REVERSE_SYNC_STATE_FILE"},
    {errc::not_a_directory, "ENOTDIR", "a part of the path is not a folder", "check REVERSE_SYNC_STATE_FILE"},
    {errc::is_a_directory, "EISDIR", "it is a folder", "name a file in it in REVERSE_SYNC_STATE_FILE"},
    {errc::filename_too_long, "ENAMETOOLONG", "the name is too long", "check REVERSE_SYNC_STATE_FILE"},
    {errc::too_many_symbolic_link_levels, "ELOOP", "it is a symbolic link or a circle of them",
     "name the real file in REVERSE_SYNC_STATE_FILE"},
    {errc::device_or_resource_busy, "EBUSY", "it is in use or a mount point",
     "close what uses it; in a container mount its folder, not the file", Disposition::retry},
    {errc::io_error, "EIO", "the disk reports an error", "check the disk", Disposition::retry},
});

constexpr int quota_exceeded =
#ifdef EDQUOT
    EDQUOT;
#else
    -1;
#endif

}  // namespace

Error file_error(std::string_view action, const std::filesystem::path& path, const boost::system::error_code& error) {
    const auto code = fmt::format("errno {}", error.value());
    if (error.value() == quota_exceeded) {
        return {Disposition::configuration, code,
                fmt::format("cannot {} {}: the disk quota is used up (EDQUOT); raise it or free some space", action,
                            path.string())};
    }
    const auto found = std::ranges::find_if(
        explanations, [&](const auto& known) { return error == errc::make_error_condition(known.condition); });
    if (found == explanations.end()) {
        return {
            Disposition::retry, code,
            fmt::format("cannot {} {}: the system refuses it; check the folder and the disk", action, path.string())};
    }
    return {
        found->disposition, code,
        fmt::format("cannot {} {}: {} ({}); {}", action, path.string(), found->meaning, found->name, found->next_step)};
}

}  // namespace revsync
