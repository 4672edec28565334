// The resources of the control API, version 1: which request asks for what. docs/control.md describes them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/subject.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel::admin {

/// A request whose body has come. The views are valid during the call.
struct Request {
    std::string_view method;
    std::string_view path;  // without the query, as it was written
    std::string_view body{};
    std::string_view host{};    // as Host has it, with its port
    std::string_view accept{};  // what Accept says
    // Who asks: the user of the other end's process. Nothing: anyone who knows the dashboard's secret.
    std::optional<std::uint32_t> user{};
    std::string_view query{};  // with its '?', or empty
    // What browsers say of a request, and what its body is; empty where the field is not there.
    std::string_view origin{};
    std::string_view fetch_site{};
    std::string_view content_type{};
    std::string_view last_event_id{};  // of a caller that has followed events before
    std::string_view cookie{};
    std::string_view authorization{};
    // At a door for everybody: the networks of the other end's IP address (null: there are none), and that address.
    const login::AddressNetworks* networks = nullptr;
    std::string_view peer{};
};

Answer answer_to(const Request& request, Subject& subject);

/// The part of it that a client lets its server ask: requests about services. `by`: who switches them.
Answer answer_about_services(const Request& request, ServiceSubject& subject, const std::string& by);

/// The text as a JSON object that is nested no deeper than a request may be; nothing is an empty one.
std::optional<Json> object_in(std::string_view text);

/// Calls `take` for each parameter of a query, decoded. "+" stands for a blank, as forms write it.
void for_each_parameter(std::string_view query,
                        const std::function<void(const std::string& name, const std::string& value)>& take);

}  // namespace ferrotunnel::admin
