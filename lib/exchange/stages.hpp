// What a request passes before it is written for its backend, one stage after the other. Each lets it go on, or says
// what the visitor is answered instead. None waits, knows a socket, or changes anything but the request's facts.
//
//   check_connection --> find_service --> redirect --> check_certificate --> check_size --> check_forwards --> written
//          |                   |              |               |                  |                |
//          '-------------------'--------------'-- Instead: page, redirect or status --------------'
#pragma once

#include <array>
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

/// An error's page, why, and a code that is more exact than the page's own if there is one.
struct Refusal {
    http::PageState state = http::PageState::internal_error;
    std::string_view code;
    std::string_view why;  // for the log
};

/// What a visitor is answered instead of what the backend would say: a page, or a status, perhaps with a Location.
struct Instead {
    std::optional<Refusal> page;
    std::uint16_t status = 0;
    std::string location{};
};

/// What stages look at, and none of them changes.
struct Arrival {
    const http::RequestHead& head;
    const VisitorFacts& visitor;
    const ExchangeShared& shared;
    const directory::HttpRoutes& routes;
    TimePoint now;
};

using Stage = std::optional<Instead>(const Arrival&, RequestFacts&);

/// 421 where the visitor's TLS connection was made for another host.
Stage check_connection;
/// Finds the service of host and path; 404, 503 or 400 where there is none.
Stage find_service;
/// Redirects to https, or to where the service says.
Stage redirect;
/// 421 without TLS for a host whose visitors need a certificate. It stands behind redirect, which such hosts may do.
Stage check_certificate;
/// 413 where a larger body is declared than the service takes. What is chunked is counted as it comes.
Stage check_size;
/// Answers an OPTIONS that is to come no farther than here (RFC 9110, 7.6.2).
Stage check_forwards;

inline constexpr std::array stages{&check_connection,  &find_service, &redirect,
                                   &check_certificate, &check_size,   &check_forwards};

/// All of them in their order. Nothing: the request may be written for its backend.
std::optional<Instead> pass_stages(const Arrival& arrival, RequestFacts& request);

/// What a request's forwarding fields are made of.
http::ForwardingFacts forwarding_facts(const VisitorFacts& visitor, const ExchangeShared& shared,
                                       std::string_view request_id);

}  // namespace ferrotunnel::exchange
