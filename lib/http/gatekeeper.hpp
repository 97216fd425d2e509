// Who may pass: what the listener asks before a route's handler is called.
#pragma once

#include <optional>

#include "http/message.hpp"
#include "http/route.hpp"

namespace revsync::http {

// Both questions answer at once, do not wait, and do not throw. nullopt lets the request through; otherwise the
// finished refusal (401 or 429), which the listener sends as it is. The gatekeeper logs the reason itself, at most so
// often. It outlives the listener.
class Gatekeeper {
public:
    virtual ~Gatekeeper() = default;

    // First, of a request whose body has not been read: nobody who shows no credentials at all may make us buffer one.
    // What only the body can settle (a signature) passes here; nothing is remembered here (an id is used up in
    // `refuse`).
    virtual std::optional<Response> refuse_unread(Access access, const RequestHeader& header, const Peer& peer) = 0;

    // Then, once for each request that passed and was read whole.
    virtual std::optional<Response> refuse(Access access, const Request& request, const Peer& peer) = 0;
};

}  // namespace revsync::http
