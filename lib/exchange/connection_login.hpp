// Logins that hold for a connection and not for a request: NTLM, and Negotiate (RFC 4559). After one, a backend
// attributes every request on that connection to the user, so no other visitor may use it.
#pragma once

#include <string_view>

#include "http/fields.hpp"

namespace ferrotunnel::exchange {

/// Whether a value of Authorization, or an element of WWW-Authenticate, belongs to such a login.
bool is_connection_login(std::string_view value) noexcept;
/// Whether a response offers such a login, or continues one.
bool offers_connection_login(const http::Fields& fields) noexcept;

}  // namespace ferrotunnel::exchange
