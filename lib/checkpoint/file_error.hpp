#pragma once

#include <boost/system/error_code.hpp>
#include <filesystem>
#include <string_view>

#include "core/error.hpp"

namespace revsync {

// "cannot <action> <path>: no space left on the device (ENOSPC); free some space on the disk". What a person must
// change has disposition configuration, what may pass by itself has retry. The code is "errno 28".
Error file_error(std::string_view action, const std::filesystem::path& path, const boost::system::error_code& error);

}  // namespace revsync
