// The fields of HTTP authentication (RFC 9110, section 11).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// What stands behind "Basic" or another scheme in a field Authorization; nothing: it is another one's.
std::optional<std::string_view> of_scheme(std::string_view field, std::string_view scheme);

/// A text as a quoted string of a field.
std::string quoted_string(std::string_view text);

/// Whether a field has credentials. A plugin may change those of a request that it looks at, but they tell no backend
/// who the visitor is, and other services' visitors send them: they are no fields of identity.
bool is_credentials(std::string_view field);

}  // namespace ferrotunnel::plugins
