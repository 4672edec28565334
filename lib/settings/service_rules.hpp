// Rules and limits of an HTTP service: as an application states them, and as they are registered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "wire/http_rules_part.hpp"

namespace ferrotunnel::detail {

/// The word by which HttpRules::host_header means the backend's own Host.
inline constexpr std::string_view backend_host = "backend";

/// What a program that connects to `local` sends as Host: the port is left out if it is the usual one. `server_name`:
/// the name that the program asks for by TLS, if that is another one. Returns nothing if `local` is not a valid
/// address.
std::string authority_of(std::string_view local, const std::string& server_name = {});

wire::HttpRulesPart rules_part(const Http& service);
wire::HttpLimitsPart limits_part(const HttpLimits& limits);

/// Everything that is wrong with the rules and limits of a service. Keys are members of Http, like
/// "rules.request_headers.set[1].name", and the texts are to follow them. What is wrong with `path` or `local` itself
/// is not included.
std::vector<Problem> rule_problems(const Http& service, bool application_serves);

}  // namespace ferrotunnel::detail
