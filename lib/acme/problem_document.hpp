// Problem documents within messages of CAs (RFC 7807).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "acme/json_fields.hpp"
#include "acme/problem.hpp"

namespace ferrotunnel::acme {

/// The type without the prefix of ACME's; empty if it has another one.
std::string problem_type(const nlohmann::json& document);
/// The details and the type: printable, at most limits::text_max; empty if it has neither.
std::string problem_text(const nlohmann::json& document);
/// The error of a challenge or an order that has become invalid. Without one it is a failed validation.
Problem read_failure(const nlohmann::json& document);

/// The problem with what was attempted in front of its text.
Problem with_context(std::string_view context, Problem problem);

}  // namespace ferrotunnel::acme
