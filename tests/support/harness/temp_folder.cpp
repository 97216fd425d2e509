#include "support/harness/temp_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace revsync::test {

TempFolder::TempFolder() {
    std::string name = std::filesystem::temp_directory_path() / "revsync-test.XXXXXX";
    if (!::mkdtemp(name.data())) {
        throw std::runtime_error("cannot make a temporary folder");
    }
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace revsync::test
