// GET /metrics: the Prometheus text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). docs/metrics.md lists every metric.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "http/listener_settings.hpp"
#include "http/message.hpp"
#include "http/refusals.hpp"
#include "sync/status.hpp"

namespace revsync::http {

// What the process knows of itself.
struct ProcessFigures {
    std::optional<std::uint64_t> resident_bytes = {};
    ListenerCounts listener = {};
    std::array<std::uint64_t, all_refusals.size()> refusals{};  // by Refusal
};

// A gauge of a time that is not known yet is left out. Label values are names of the mapping and of the two ends, never
// anything from a row or a request.
std::string metrics_text(const revsync::Status& status, const ProcessFigures& process);
Response metrics_response(const revsync::Status& status, const ProcessFigures& process);

}  // namespace revsync::http
