#include "exchange/stages.hpp"

#include <utility>

#include "http/path_match.hpp"
#include "http/redirect.hpp"

namespace ferrotunnel::exchange {
namespace {

using http::PageState;

EarlyReply page(PageState state, std::string_view code, std::string_view why) {
    return {Refusal{state, code, why}};
}

std::optional<EarlyReply> misdirected(const IncomingRequest& arrival, const RequestFacts& request,
                                      std::string_view why) {
    const auto& may_serve = arrival.visitor.may_serve;
    return !may_serve || may_serve(request.host) ? std::nullopt : std::optional(page(PageState::misdirected, {}, why));
}

// Whether this host can be served over TLS: the edge's own redirect must not lead to a handshake that fails. A service
// that configures a redirect is trusted to be right.
bool has_https(const IncomingRequest& arrival, std::string_view host) {
    const auto& has_certificate = arrival.shared.has_certificate;
    return !has_certificate || has_certificate(host) ||
           arrival.routes.find_tls(host, arrival.now).kind != directory::TlsMatch::Kind::none;
}

// Answers a CA that checks the host (RFC 8555, 8.3), whether or not the host has a service. Other tokens are requests
// like any other: a service may have an ACME client of its own.
std::optional<EarlyReply> answer_challenge(const IncomingRequest& arrival, RequestFacts& /*request*/) {
    constexpr std::string_view folder = "/.well-known/acme-challenge/";
    const std::string_view path = arrival.head.target.path;
    const bool reads = arrival.head.method == http::Method::get || arrival.head.method == http::Method::head;
    if (!arrival.shared.challenge_answer || !reads || !path.starts_with(folder)) {
        return std::nullopt;
    }
    std::optional<std::string> answer = arrival.shared.challenge_answer(path.substr(folder.size()));
    if (!answer) {
        return std::nullopt;
    }
    EarlyReply instead{{}, 200};
    instead.text = std::move(*answer);
    return instead;
}

// Answers 421 if the visitor's TLS connection was made for another host.
std::optional<EarlyReply> check_connection(const IncomingRequest& arrival, RequestFacts& request) {
    return arrival.visitor.https ? misdirected(arrival, request, "the connection was made for another host")
                                 : std::nullopt;
}

// Whether a request of another member's visitor must go elsewhere: it is not forwarded a second time, and waits there.
bool is_elsewhere(const directory::HttpMatch& match) {
    using Kind = directory::HttpMatch::Kind;
    switch (match.kind) {
        case Kind::service:
            return match.service->description().forwards;
        case Kind::unknown_host:
        case Kind::unknown_path:
        case Kind::offline:
            return true;
        case Kind::bad_path:
        case Kind::ambiguous_path:
            break;
    }
    return false;
}

// Finds the service of host and path, and counts the request there; answers 404, 503 or 400 if there is none. The later
// stages have a service.
std::optional<EarlyReply> find_service(const IncomingRequest& arrival, RequestFacts& request) {
    using Kind = directory::HttpMatch::Kind;
    const directory::HttpMatch match = arrival.routes.find(request.host, arrival.head.target.path, arrival.now);
    if (arrival.visitor.from_member && is_elsewhere(match)) {
        EarlyReply elsewhere;
        elsewhere.is_elsewhere = true;
        return elsewhere;
    }
    switch (match.kind) {
        case Kind::service:
            break;
        case Kind::unknown_host:
            return page(PageState::unknown_host, {}, "no service is registered for this host");
        case Kind::unknown_path:
            return page(PageState::unknown_path, {}, "no service is registered for this path of the host");
        case Kind::offline: {
            EarlyReply instead = page(PageState::no_client, {}, "the client of this host is not connected");
            instead.hold_until = match.offline_since + arrival.rules.settings.hold;
            return instead;
        }
        case Kind::bad_path:
            if (match.fault == http::PathFault::not_canonical) {
                EarlyReply again;
                again.wants_canonical_path = true;
                return again;
            }
            return page(PageState::bad_request, "bad_path", http::describe(match.fault));
        case Kind::ambiguous_path:
            return page(PageState::ambiguous_path, {},
                        "the path is ambiguous: its readings lead to different services");
    }
    request.service = match.service->shared_from_this();
    request.service->count_request();
    const HttpServiceSettings usual(arrival.rules.settings);
    const directory::HttpDescription& service = request.service->description();
    request.settings = service.forwards ? settings_for_member(usual) : settings_for(usual, service.limits);
    return std::nullopt;
}

// Redirects to https, or to the service's target. For a service of another member that one decides: only it knows
// whether the service has switched its redirect to https off.
std::optional<EarlyReply> redirect(const IncomingRequest& arrival, RequestFacts& request) {
    const directory::HttpDescription& service = request.service->description();
    if (service.forwards) {
        return std::nullopt;
    }
    const http::Rules& rules = service.rules;
    const http::Target& target = arrival.head.target;
    const auto& to_https = rules.https_redirect ? rules.https_redirect : arrival.rules.settings.https_redirect;
    if (to_https && to_https->status != 0 && !arrival.forwarding.https() &&
        (rules.https_redirect || has_https(arrival, request.host))) {
        EarlyReply instead{{}, to_https->status};
        http::write_https_redirect(*to_https, request.host, target.path, target.query, instead.location);
        return instead;
    }
    if (rules.redirect) {
        EarlyReply instead{{}, rules.redirect->status};
        http::write_redirect(*rules.redirect, service.path, target.path, target.query, instead.location);
        return instead;
    }
    return std::nullopt;
}

// Answers 421 to a request without TLS for a host whose visitors need a certificate. It comes after `redirect`, since
// such a host may send its visitors to https.
std::optional<EarlyReply> check_certificate(const IncomingRequest& arrival, RequestFacts& request) {
    return arrival.visitor.https ? std::nullopt
                                 : misdirected(arrival, request, "this host requires HTTPS and a client certificate");
}

// Answers 413 if the declared body is larger than the service accepts. A chunked body is counted as it arrives.
std::optional<EarlyReply> check_size(const IncomingRequest& arrival, RequestFacts& request) {
    const http::Body& body = arrival.head.body;
    if (body.kind == http::BodyKind::length && body.length > request.settings.body_bytes_max) {
        return page(PageState::body_too_large, {},
                    "the request declares a body that is larger than the service accepts");
    }
    return std::nullopt;
}

// Answers an OPTIONS that must not be forwarded any further (RFC 9110, 7.6.2).
std::optional<EarlyReply> check_forwards(const IncomingRequest& arrival, RequestFacts& request) {
    const bool ends_here = !request.service->description().forwards && arrival.head.method == http::Method::options &&
                           http::max_forwards(arrival.head) == 0U;
    return ends_here ? std::optional(EarlyReply{{}, 200}) : std::nullopt;
}

// Answers 508 to a request that this edge has forwarded before.
std::optional<EarlyReply> check_loop(const IncomingRequest& arrival, RequestFacts& /*request*/) {
    return arrival.forwarding.loops()
               ? std::optional(page(PageState::loop, {}, "this edge forwarded the request before"))
               : std::nullopt;
}

// Runs these stages up to the first one that answers instead; empty if none does.
template <auto... stages>
std::optional<EarlyReply> first_answer(const IncomingRequest& arrival, RequestFacts& request) {
    std::optional<EarlyReply> instead;
    (void)(... || (instead = stages(arrival, request)).has_value());
    return instead;
}

}  // namespace

std::optional<EarlyReply> pass_stages(const IncomingRequest& arrival, RequestFacts& request) {
    return first_answer<answer_challenge, check_connection, find_service, redirect, check_certificate, check_size,
                        check_forwards, check_loop>(arrival, request);
}

http::ForwardingFacts forwarding_facts(const VisitorFacts& visitor, const EdgeRules& rules,
                                       std::string_view request_id) {
    http::ForwardingFacts facts;
    facts.peer = visitor.address;
    facts.trusted = visitor.trusted;
    facts.trusts_request_id = visitor.from_member;
    if (rules.is_trusted) {
        facts.is_trusted = [](const void* context, std::string_view address) {
            return (*static_cast<const std::function<bool(std::string_view)>*>(context))(address);
        };
        facts.context = &rules.is_trusted;
    }
    facts.https = visitor.https;
    facts.http2 = visitor.http2;
    facts.request_id = request_id;
    facts.forwarded = rules.settings.forwarded;
    facts.via = rules.settings.via;
    facts.owns_certificate = visitor.certificate_source != CertificateSource::peer;
    facts.certificate = visitor.certificate.get();
    return facts;
}

}  // namespace ferrotunnel::exchange
