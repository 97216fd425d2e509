#pragma once

namespace revsync {

// What the whole process wants before its first allocation of note and its first thread: signals that must not
// end it, and a heap that gives back what a large batch needed.
void prepare_process();

}  // namespace revsync
