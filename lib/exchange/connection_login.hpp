// Logins that hold for a connection and not for a request: NTLM, and Negotiate (RFC 4559). Behind one, a backend takes
// every request on that connection for the user's, so nobody else may get it.
#pragma once

#include <string_view>

#include "http/fields.hpp"

namespace ferrotunnel::exchange {

/// Whether a value of Authorization, or an element of WWW-Authenticate, is of such a login.
bool is_connection_login(std::string_view value) noexcept;
/// Whether a response offers one, or continues with it.
bool offers_connection_login(const http::Fields& fields) noexcept;

}  // namespace ferrotunnel::exchange
