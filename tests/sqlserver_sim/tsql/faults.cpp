#include "faults.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace revsync::sim::tsql {

std::optional<FaultKind> Faults::kind(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, FaultKind>, 9> names{
        {{"drop_before_commit", FaultKind::drop_before_commit},
         {"drop_after_commit", FaultKind::drop_after_commit},
         {"drop_on_call", FaultKind::drop_on_call},
         {"drop_midway", FaultKind::drop_midway},
         {"deadlock", FaultKind::deadlock},
         {"lock_timeout", FaultKind::lock_timeout},
         {"slow", FaultKind::slow},
         {"refuse_login", FaultKind::refuse_login},
         {"starting", FaultKind::starting}}};
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

void Faults::arm(FaultKind kind, int count, int argument, int by_session) {
    const std::lock_guard lock(mutex_);
    armed_.push_back({kind, count, argument, by_session});
}

void Faults::clear() {
    const std::lock_guard lock(mutex_);
    armed_.clear();
}

bool Faults::pending(FaultKind kind, int session) {
    const std::lock_guard lock(mutex_);
    return std::any_of(armed_.begin(), armed_.end(),
                       [&](const Armed& a) { return a.kind == kind && a.by_session != session; });
}

std::optional<int> Faults::take(FaultKind kind, int session) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(armed_.begin(), armed_.end(),
                                    [&](const Armed& a) { return a.kind == kind && a.by_session != session; });
    if (found == armed_.end()) {
        return std::nullopt;
    }
    const int argument = found->argument;
    if (--found->count <= 0) {
        armed_.erase(found);
    }
    return argument;
}

}  // namespace revsync::sim::tsql
