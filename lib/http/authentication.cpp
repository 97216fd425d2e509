#include "http/authentication.hpp"

#include <boost/beast/core/string.hpp>

#include "core/base64.hpp"
#include "http/local_request.hpp"

namespace revsync::http {
namespace {

using boost::beast::http::field;

constexpr const char* secret_field = "x-webhook-secret";

// What follows the scheme in an Authorization field of that scheme (RFC 9110 §11.4).
std::optional<std::string_view> credentials(const RequestHeader& header, std::string_view scheme) {
    const std::string_view value = header[field::authorization];
    const auto space = value.find(' ');
    if (space == std::string_view::npos || !boost::beast::iequals(value.substr(0, space), scheme)) {
        return std::nullopt;
    }
    const auto rest = value.substr(space);
    return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
}

// RFC 7617: user and password with a colon between them, in base64.
std::optional<std::string> password(const RequestHeader& header) {
    const auto encoded = credentials(header, "Basic");
    const auto decoded = encoded ? decode_base64(*encoded) : std::nullopt;
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    return colon == std::string::npos ? std::nullopt : std::optional{decoded->substr(colon + 1)};
}

bool shows_secret(const RequestHeader& header, const StaticSecrets& secrets) {
    const auto token = credentials(header, "Bearer");
    return (token && secrets.contain(*token)) ||
           (header.count(secret_field) > 0 && secrets.contain(header[secret_field]));
}

Refusal without_secret(const RequestHeader& header) {
    return header.count(field::authorization) + header.count(secret_field) > 0 ? Refusal::wrong_secret
                                                                               : Refusal::missing;
}

SignedHeader signed_header(const RequestHeader& header) {
    return {header["webhook-id"], header["webhook-timestamp"], header["webhook-signature"]};
}

Response unauthorized(Access access) {
    Response response = error_response(
        Status::unauthorized, access == Access::webhook ? "not authorised: a webhook needs its secret or a signature"
                                                        : "not authorised: this needs the webhook secret");
    response.set(field::www_authenticate, R"(Bearer realm="Reverse Sync")");
    if (access == Access::control) {
        response.insert(field::www_authenticate, R"(Basic realm="Reverse Sync", charset="UTF-8")");
    }
    return response;
}

Response forbidden(Refusal refusal) {
    return error_response(Status::forbidden, refusal == Refusal::cross_site
                                                 ? "not allowed from another site's page"
                                                 : "only from this machine itself as long as SUPABASE_WEBHOOK_SECRET "
                                                   "is not set");
}

}  // namespace

Authenticator::Authenticator(const AuthenticationSettings& settings, const Clock& clock, const Logger& logger)
    : clock_{clock}, on_loopback_{settings.on_loopback}, secrets_{settings.secrets}, log_{logger} {
    for (const Secret& secret : settings.secrets) {
        if (auto key = SigningKey::parse(secret.reveal())) {
            keys_.push_back(std::move(*key));
        }
    }
}

std::optional<Response> Authenticator::refuse_unread(Access access, const RequestHeader& header, const Peer& peer) {
    return answer(judge(access, header, nullptr, peer), access, peer);
}

std::optional<Response> Authenticator::refuse(Access access, const Request& request, const Peer& peer) {
    if (!signed_header(request).any()) {
        return std::nullopt;  // nothing that the header has not settled
    }
    return answer(judge(access, request, &request.body(), peer), access, peer);
}

void Authenticator::answered(std::string_view webhook_id, Status status) {
    if (to_status_class(status) != boost::beast::http::status_class::successful) {
        seen_.forget(webhook_id);
    }
}

std::optional<Refusal> Authenticator::judge(Access access, const RequestHeader& header, const std::string* body,
                                            const Peer& peer) {
    if (access == Access::open || shows_secret(header, secrets_)) {
        return std::nullopt;
    }
    if (access == Access::control || secrets_.empty()) {
        return judge_control(header, peer);
    }
    const SignedHeader signature = signed_header(header);
    return signature.any() ? judge_signature(signature, body) : without_secret(header);
}

std::optional<Refusal> Authenticator::judge_control(const RequestHeader& header, const Peer& peer) const {
    // First: a browser sends a remembered password, or none at all to its own machine, for any page.
    if (is_cross_site(header)) {
        return Refusal::cross_site;
    }
    if (on_loopback_ && is_local(header, peer)) {
        return std::nullopt;
    }
    if (secrets_.empty()) {
        return Refusal::not_local;
    }
    const auto shown = password(header);
    return shown && secrets_.contain(*shown) ? std::nullopt : std::optional{without_secret(header)};
}

std::optional<Refusal> Authenticator::judge_signature(const SignedHeader& header, const std::string* body) {
    const auto signed_time = signed_at(header);
    if (!signed_time) {
        return Refusal::malformed;
    }
    if (keys_.empty()) {
        return Refusal::wrong_signature;
    }
    if (body == nullptr) {
        return std::nullopt;
    }
    if (!is_signed(keys_, header, *body)) {
        return Refusal::wrong_signature;
    }
    if (!seen_.in_time(*signed_time, clock_.now())) {
        return Refusal::timestamp;
    }
    return seen_.remember(header.id, *signed_time) ? std::nullopt : std::optional{Refusal::replayed};
}

std::optional<Response> Authenticator::answer(std::optional<Refusal> refusal, Access access, const Peer& peer) {
    const auto now = clock_.steady_now();
    if (!refusal) {
        log_.catch_up(now);
        return std::nullopt;
    }
    log_.refused(*refusal, access, peer.address, now);
    if (const auto wait = limit_.add(peer.address, now)) {
        Response response = error_response(Status::too_many_requests, "too many refused requests; try again later");
        response.set(field::retry_after, std::to_string(wait->count()));
        return response;
    }
    return *refusal == Refusal::cross_site || *refusal == Refusal::not_local ? forbidden(*refusal)
                                                                             : unauthorized(access);
}

}  // namespace revsync::http
