// What is done about requests that are refused: counted, told to the log, and slowed down.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "http/route.hpp"
#include "runtime/logger.hpp"

namespace revsync::http {

enum class Refusal { missing, wrong_secret, malformed, wrong_signature, timestamp, replayed, not_local, cross_site };

inline constexpr std::array<Refusal, 8> all_refusals{
    Refusal::missing,   Refusal::wrong_secret, Refusal::malformed, Refusal::wrong_signature,
    Refusal::timestamp, Refusal::replayed,     Refusal::not_local, Refusal::cross_site};

// As metrics name it: "missing", "wrong_secret", …
std::string_view to_string(Refusal refusal) noexcept;

using SteadyTime = std::chrono::steady_clock::time_point;

// Says each kind of refusal at once, then at most once a minute how many more there were. Lines hold the kind, the
// address and what to look at; never a part of the request.
class RefusalLog {
public:
    explicit RefusalLog(Logger logger) : logger_{std::move(logger)} {}

    void refused(Refusal refusal, Access access, const boost::asio::ip::address& from, SteadyTime now);
    // Says what is due; called now and then.
    void catch_up(SteadyTime now);

    // Since the start.
    std::uint64_t count(Refusal refusal) const { return kinds_[index(refusal)].total; }

private:
    struct Kind {
        std::uint64_t total = 0;
        std::uint64_t unsaid = 0;
        boost::asio::ip::address last_from;
        std::optional<SteadyTime> said;  // within the last minute
    };
    static std::size_t index(Refusal refusal) { return static_cast<std::size_t>(refusal); }

    Logger logger_;
    std::array<Kind, all_refusals.size()> kinds_;
};

// Counts the refusals of each address, of IPv6 each /64 network, in the running minute. It knows 256 of them; further
// ones share one count.
class RefusalLimit {
public:
    static constexpr std::size_t a_minute = 100;
    static constexpr std::size_t addresses_most = 256;

    // Counts one more. The seconds until the minute is over when it is more than the limit.
    std::optional<std::chrono::seconds> add(const boost::asio::ip::address& from, SteadyTime now);

    std::size_t addresses() const { return minutes_.size(); }

private:
    struct Minute {
        SteadyTime began;
        std::size_t refusals = 0;
    };
    Minute& minute_of(const boost::asio::ip::address& from, SteadyTime now);

    std::map<boost::asio::ip::address, Minute> minutes_;
};

}  // namespace revsync::http
