#pragma once

namespace revsync::sqlserver {

// What the batch statement decides about a row. Below zero: the column, counted from 1, whose code page lacks a
// character of the row.
enum class Verdict { nothing = 0, insert = 1, update = 2, remove = 3, collision = 4, missing = 5 };

constexpr int to_number(Verdict verdict) {
    return static_cast<int>(verdict);
}

}  // namespace revsync::sqlserver
