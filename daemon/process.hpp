#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace revsync {

// What the whole process wants before its first allocation of note and its first thread: signals that must not
// end it, and a heap that gives back what a large batch needed.
void prepare_process();

// The process's arguments in UTF-8, without the program's name.
std::vector<std::string> command_line_arguments(int argc, char** argv);

// Gives memory that was freed back to the system, where the heap would keep it. Takes about a millisecond.
void give_back_memory();

// Of this process, from /proc; nullopt where there is none.
std::optional<std::uint64_t> resident_bytes();

}  // namespace revsync
