// Credentials of a visitor (RFC 7617).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"

namespace ferrotunnel::plugins {

struct BasicCredentials {
    std::string user;
    Password password;
};

/// Reads the text after "Basic". Empty if it is broken, or has a control character, a name of more than 255 bytes or a
/// password of more than 1,024.
std::optional<BasicCredentials> read_basic(std::string_view encoded);

}  // namespace ferrotunnel::plugins
