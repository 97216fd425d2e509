// Who may pass: what the listener asks before a route's handler is called.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/route.hpp"

namespace revsync::http {

// Both questions answer at once, do not wait, and do not throw. nullopt lets the request through; otherwise the
// finished refusal (401, 403 or 429), which the listener sends as it is. The gatekeeper logs the reason itself, at most
// so often. It outlives the listener.
class Gatekeeper {
public:
    virtual ~Gatekeeper() = default;

    // First, of a request whose body has not been read: nobody who shows no credentials at all may make us buffer one.
    // What only the body can settle (a signature) passes here; nothing is remembered here (an id is used up in
    // `refuse`).
    virtual std::optional<Response> refuse_unread(Access access, const RequestHeader& header, const Peer& peer) = 0;

    // Then, once for each request that passed `refuse_unread` and was read whole. Judges what only the body settles.
    virtual std::optional<Response> refuse(Access access, const Request& request, const Peer& peer) = 0;

    // Last, once the handler of a webhook has answered (or thrown: 500), with the request's webhook-id field as it was,
    // "" when it had none. Senders that follow Standard Webhooks try again under the same id after anything but 2xx, so
    // only a 2xx uses an id up.
    virtual void answered(std::string_view webhook_id, Status status) = 0;
};

}  // namespace revsync::http
