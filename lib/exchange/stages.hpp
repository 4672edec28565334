// The stages that a request passes, one after the other, before it is written for its backend. Each lets the request
// continue, or returns what the visitor gets instead. None of them waits or uses a socket.
//
//   challenge --> connection --> service --> redirect --> certificate --> size --> forwards --> loop --> written for
//       |             |             |           |              |           |          |          |       the backend
//       '-------------'-------------'-- EarlyReply: page, redirect, status or challenge's answer '
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "exchange/exchange_shared.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/visitor_facts.hpp"
#include "http/forwarding.hpp"
#include "http/page.hpp"

namespace ferrotunnel::exchange {

/// Which error page the visitor gets, and why. The texts outlive the request.
struct Refusal {
    http::PageState state = http::PageState::internal_error;
    std::string_view code;           // for X-FerroTunnel-Error, if it is more exact than the state's
    std::string_view why;            // for the log
    std::string_view grpc_status{};  // if it is more exact than the state's
};

/// What the visitor gets instead of the backend's response: a page, or a status, possibly with a Location or a text.
struct EarlyReply {
    std::optional<Refusal> page;
    std::uint16_t status = 0;
    std::string location{};
    std::string text{};
    TimePoint hold_until{};  // until then the request may wait for its service to return
    /// No response at all: the request starts again with the canonical form of its path (http/canonical_path.hpp).
    bool wants_canonical_path = false;
    /// Likewise: another member has forwarded the request, and no client of this server has the service.
    bool is_elsewhere = false;
};

/// What the stages read, and do not change.
struct IncomingRequest {
    const http::RequestHead& head;
    const http::Forwarding& forwarding;  // who the visitor is, as far as that can be trusted
    const VisitorFacts& visitor;
    const EdgeRules& rules;
    const ExchangeShared& shared;
    const directory::HttpRoutes& routes;
    TimePoint now;
};

/// Passes the request through all stages in order. Empty if it may be written for its backend. `arrival.routes` must
/// stay valid meanwhile: no function that a stage calls may use the worker's HttpRoutesCache, which could replace them.
std::optional<EarlyReply> pass_stages(const IncomingRequest& arrival, RequestFacts& request);

/// Whether the fields about a client certificate are the edge's in a request for this host, so that even a trusted
/// peer's are removed: the host has a rule about client certificates, or the visitor's member has.
bool owns_certificate_fields(const VisitorFacts& visitor, const ExchangeShared& shared, std::string_view host);

/// The facts for a request's forwarding fields. They point to the arguments. `owns_certificate`: as above.
http::ForwardingFacts forwarding_facts(const VisitorFacts& visitor, const EdgeRules& rules, std::string_view request_id,
                                       bool owns_certificate);

}  // namespace ferrotunnel::exchange
