// Failures on request: armed by one session, met by the others.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace revsync::sim::tsql {

enum class FaultKind {
    drop_before_commit,  // the connection is cut before a transaction with writes commits; it is rolled back
    drop_after_commit,   // … after it has committed
    drop_on_call,        // … when a remote procedure call begins
    drop_midway,         // … after the first data change of an explicit transaction
    deadlock,            // the first data change of an explicit transaction fails with 1205
    lock_timeout,        // … with 1222
    slow,                // a call waits `argument` milliseconds first
    refuse_login,        // 18456
    starting             // 17187
};

class Faults {
public:
    static std::optional<FaultKind> kind(std::string_view name);

    void arm(FaultKind kind, int count, int argument, int by_session);
    void clear();
    // Whether such a fault waits for that session, without using it up.
    bool pending(FaultKind kind, int session);
    // Uses one up and gives its argument.
    std::optional<int> take(FaultKind kind, int session);

private:
    struct Armed {
        FaultKind kind;
        int count;
        int argument;
        int by_session;
    };
    std::mutex mutex_;
    std::vector<Armed> armed_;
};

}  // namespace revsync::sim::tsql
