#pragma once

#include "mapping/stream.hpp"

namespace revsync {

// The mapping that runs when REVERSE_SYNC_MAPPING names none: doctors' notes and the days of aligner batches in
// reverse, the lab's six tables forward (docs/configuration.md, "The built-in mapping").
Mapping clinic_mapping();

}  // namespace revsync
