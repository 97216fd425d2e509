// Who may pass: signatures and secrets for webhooks, this machine or a secret for everything else.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <vector>

#include "config/secret.hpp"
#include "http/gatekeeper.hpp"
#include "http/refusals.hpp"
#include "http/seen_ids.hpp"
#include "http/static_secrets.hpp"
#include "http/webhook_signature.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"

namespace revsync::http {

struct AuthenticationSettings {
    std::vector<Secret> secrets;  // as Settings::webhook_secrets promises them
    bool on_loopback = false;     // Settings::on_loopback(): only this machine reaches the listener
};

// What lets a request through:
//
//   Access::open      everything
//   Access::control   a local request (local_request.hpp) while only this machine reaches the listener, or a secret as
//                     Authorization: Bearer, as x-webhook-secret, or as the password of any user (Basic). A browser
//                     that acts for another site's page is refused, whatever password it remembers, unless it shows the
//                     secret in one of the first two ways
//   Access::webhook   a secret (Bearer or x-webhook-secret), or the signature of a whsec_ secret that is in time and
//                     whose id was not used. Without any secret configured: a local request
//
// Right credentials always pass, whatever else comes from their address. All secrets are tried, and comparing them
// takes the same time wherever they differ; the answer never says what was wrong. A refusal is 401 (403 when no secret
// could help), or 429 with Retry-After after a hundred in a minute, per address. The log says the reason and the
// address, each reason at most once a minute, and nothing of the request.
class Authenticator final : public Gatekeeper {
public:
    // `clock` must outlive this.
    Authenticator(const AuthenticationSettings& settings, const Clock& clock, const Logger& logger);

    std::optional<Response> refuse_unread(Access access, const RequestHeader& header, const Peer& peer) override;
    std::optional<Response> refuse(Access access, const Request& request, const Peer& peer) override;
    void answered(std::string_view webhook_id, Status status) override;

    // Requests refused since the start.
    std::uint64_t refused(Refusal reason) const { return log_.count(reason); }

private:
    // `body` is nullptr as long as it is not read: then what only a body can settle passes.
    std::optional<Refusal> judge(Access access, const RequestHeader& header, const std::string* body, const Peer& peer);
    std::optional<Refusal> judge_control(const RequestHeader& header, const Peer& peer) const;
    std::optional<Refusal> judge_signature(const SignedHeader& header, const std::string* body);
    std::optional<Response> answer(std::optional<Refusal> refusal, Access access, const Peer& peer);

    const Clock& clock_;
    bool on_loopback_;
    StaticSecrets secrets_;
    std::vector<SigningKey> keys_;
    SeenIds seen_;
    RefusalLog log_;
    RefusalLimit limit_;
};

}  // namespace revsync::http
