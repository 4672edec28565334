// The resources of the control API, version 1. docs/control.md describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/subject.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel::admin {

/// A request with its complete body. The views are valid during the call.
struct Request {
    std::string_view method;
    std::string_view path;  // without the query, as received
    std::string_view body{};
    std::string_view host{};    // value of Host, with its port
    std::string_view accept{};  // value of Accept
    // The user of the other end's process. Empty for anyone who knows the dashboard's secret.
    std::optional<std::uint32_t> user{};
    std::string_view query{};  // with its '?', or empty
    // Fields that browsers send about a request, and the type of its body; empty if the field is missing.
    std::string_view origin{};
    std::string_view fetch_site{};
    std::string_view content_type{};
    std::string_view last_event_id{};  // of a caller that has followed events before
    std::string_view cookie{};
    std::string_view authorization{};
    // At an endpoint open to everybody: the networks of the other end's IP address (null if it has none), and the
    // address itself.
    const login::AddressNetworks* networks = nullptr;
    std::string_view peer{};
    std::string_view member{};  // the member of the cluster that has forwarded the request; empty: none
};

Answer answer_to(const Request& request, Subject& subject);

/// The answer to a request that another member of the cluster has forwarded; `peer` is its name.
Answer answer_to_member(const Request& request, Subject& subject);

/// Who has sent the request, for people: "user 1000 (alice)".
std::string requester_of(const Request& request);
/// The requester of a request that this member of the cluster has forwarded: "the member b of the cluster".
std::string text_of_member(std::string_view name);

/// The part of the API that a client offers to its server: requests about services. `by`: the origin of a switch.
Answer answer_about_services(const Request& request, ServiceSubject& subject, const std::string& by);

/// Parses a JSON object within the nesting limit of requests; an empty text is an empty object.
std::optional<Json> object_in(std::string_view text);

}  // namespace ferrotunnel::admin
