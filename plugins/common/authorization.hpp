// The fields of HTTP authentication (RFC 9110, section 11).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// The text after "Basic" or another scheme in a field Authorization; empty if it has another scheme.
std::optional<std::string_view> of_scheme(std::string_view field, std::string_view scheme);

/// Returns a text as a quoted string of a field.
std::string quoted_string(std::string_view text);

/// Whether a field has credentials. A plugin may change those of the requests that it handles, but they do not identify
/// the visitor to backends, and visitors of other services send them: they are not identity fields.
bool is_credentials(std::string_view field);

}  // namespace ferrotunnel::plugins
