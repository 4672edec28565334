// Rules and limits of an HTTP service: validation, and conversion to their registered form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "wire/http_rules_part.hpp"

namespace ferrotunnel::detail {

/// The value of HttpRules::host_header that means the backend's own Host.
inline constexpr std::string_view backend_host = "backend";

/// The Host for a program that connects to `local`, without a default port. `server_name`: the name requested in TLS,
/// if it differs. Empty if `local` is not a valid address.
std::string authority_of(std::string_view local, const std::string& server_name = {});

wire::HttpRulesPart rules_part(const Http& service);
wire::HttpLimitsPart limits_part(const HttpLimits& limits);

/// All problems of the rules and limits of a service. Keys are members of Http, like
/// "rules.request_headers.set[1].name", and the texts are worded to follow a key. Problems of `path` or `local` itself
/// are not included.
std::vector<Problem> rule_problems(const Http& service, bool application_serves);

}  // namespace ferrotunnel::detail
