#include "http/refusals.hpp"

#include <algorithm>

namespace revsync::http {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v6;

constexpr std::chrono::minutes period{1};

std::string_view reason(Refusal refusal) {
    switch (refusal) {
        case Refusal::missing:
            return "neither a secret nor a signature";
        case Refusal::wrong_secret:
            return "wrong secret; compare it with SUPABASE_WEBHOOK_SECRET";
        case Refusal::malformed:
            return "the signature's fields are incomplete or malformed";
        case Refusal::wrong_signature:
            return "wrong signature; compare the sender's secret with SUPABASE_WEBHOOK_SECRET";
        case Refusal::timestamp:
            return "signed too long ago or in the future; compare the clocks";
        case Refusal::replayed:
            return "its id was used before";
        case Refusal::not_local:
            return "it did not come from this machine, and SUPABASE_WEBHOOK_SECRET is not set";
        case Refusal::cross_site:
            return "another site's page made a browser send it";
    }
    return "";
}

// Whoever has one address of IPv6 has its whole network.
address network_of(const address& from) {
    if (from.is_v4()) {
        return from;
    }
    constexpr std::size_t network_bytes = 8;
    auto bytes = from.to_v6().to_bytes();
    std::fill(bytes.begin() + network_bytes, bytes.end(), static_cast<unsigned char>(0));
    return address_v6{bytes};
}

}  // namespace

std::string_view to_string(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::missing:
            return "missing";
        case Refusal::wrong_secret:
            return "wrong_secret";
        case Refusal::malformed:
            return "malformed";
        case Refusal::wrong_signature:
            return "wrong_signature";
        case Refusal::timestamp:
            return "timestamp";
        case Refusal::replayed:
            return "replayed";
        case Refusal::not_local:
            return "not_local";
        case Refusal::cross_site:
            return "cross_site";
    }
    return "";
}

void RefusalLog::refused(Refusal refusal, Access access, const address& from, SteadyTime now) {
    catch_up(now);
    Kind& kind = kinds_[index(refusal)];
    ++kind.total;
    kind.last_from = from;
    if (kind.said) {
        ++kind.unsaid;
        return;
    }
    kind.said = now;
    logger_.warning("⚠️  Refused a {} from {}: {}", access == Access::webhook ? "webhook" : "request",
                    from.to_string(), reason(refusal));
}

void RefusalLog::catch_up(SteadyTime now) {
    for (const Refusal refusal : all_refusals) {
        Kind& kind = kinds_[index(refusal)];
        if (!kind.said || now - *kind.said < period) {
            continue;
        }
        if (kind.unsaid == 0) {
            kind.said.reset();
            continue;
        }
        logger_.warning("⚠️  Refused {} more, the last from {}: {}", kind.unsaid, kind.last_from.to_string(),
                        reason(refusal));
        kind.said = now;
        kind.unsaid = 0;
    }
}

RefusalLimit::Minute& RefusalLimit::minute_of(const address& from, SteadyTime now) {
    const address network = network_of(from);
    const auto known = minutes_.find(network);
    if (known != minutes_.end()) {
        return known->second;
    }
    std::erase_if(minutes_, [&](const auto& entry) { return now - entry.second.began >= period; });
    const bool room = minutes_.size() + 1 < addresses_most;
    return minutes_.try_emplace(room ? network : address{}, Minute{now}).first->second;
}

std::optional<std::chrono::seconds> RefusalLimit::add(const address& from, SteadyTime now) {
    Minute& minute = minute_of(from, now);
    if (now - minute.began >= period) {
        minute = Minute{now};
    }
    if (++minute.refusals <= a_minute) {
        return std::nullopt;
    }
    return std::chrono::ceil<std::chrono::seconds>(minute.began + period - now);
}

}  // namespace revsync::http
