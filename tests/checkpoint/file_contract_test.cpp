#include "checkpoint/folder.hpp"
#include "checkpoint/state_file.hpp"
#include "contracts/checkpoint_contract.hpp"

namespace revsync::contracts {
namespace {

struct FileHarness {
    std::unique_ptr<Checkpoint> open() {
        return create_file_checkpoint(folder / "state.json", Logger{Level::error, [](Level, std::string_view) {}},
                                      clock);
    }

    Folder folder;
    SystemClock clock;
};

INSTANTIATE_TYPED_TEST_SUITE_P(File, CheckpointContract, FileHarness);

}  // namespace
}  // namespace revsync::contracts
