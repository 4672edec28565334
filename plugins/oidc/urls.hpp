// Texts of URLs: percent-encoding, and the parameters of queries and forms (application/x-www-form-urlencoded).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::plugins {

/// A value for a query or a form.
std::string url_encoded(std::string_view value);
/// "a=1&b=2".
std::string form_of(const std::vector<std::pair<std::string_view, std::string_view>>& parameters);
/// A URL with parameters added to its query.
std::string url_with(std::string_view url,
                     const std::vector<std::pair<std::string_view, std::string_view>>& parameters);
/// A parameter of a query ("?a=1&b=2", or without the '?'); empty if there is none, if there are two of that name, or
/// if it is not valid.
std::optional<std::string> parameter_of(std::string_view query, std::string_view name);

}  // namespace ferrotunnel::plugins
