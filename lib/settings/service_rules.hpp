// Rules and limits of an HTTP service, from how an application says them to how they are registered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "wire/http_rules_part.hpp"

namespace ferrotunnel::detail {

/// What HttpRules::host_header calls the backend's own Host.
inline constexpr std::string_view backend_host = "backend";

/// What a program that connects to `local` says in Host: without a port that is the usual one. `server_name`: what it
/// calls that by TLS, where that is another name. Empty: it is no address.
std::string authority_of(std::string_view local, const std::string& server_name = {});

wire::HttpRulesPart rules_part(const Http& service);
wire::HttpLimitsPart limits_part(const HttpLimits& limits);

/// Everything that is wrong with them. Keys are members of Http, "rules.request_headers.set[1].name", and the words go
/// behind them. What is wrong with `path` or `local` itself is none of it.
std::vector<Problem> rule_problems(const Http& service, bool application_serves);

}  // namespace ferrotunnel::detail
