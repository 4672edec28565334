// Policy for weak tokens. Anybody between client and server sees the login and can try guesses offline: a token made up
// by a person does not withstand that. Within the machine there is nobody in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "login/token.hpp"

namespace ferrotunnel::login {

enum class WeakTokenPolicy : std::uint8_t { loopback_only, allowed };

/// True for 127.0.0.0/8, ::1 (also in brackets or mapped from IPv4), and localhost. `host` is what the user wrote,
/// without the port. False for every other name: its addresses may change.
bool is_loopback(std::string_view host) noexcept;

/// Why a server that listens on `host` must not start with a token of this strength; empty if it may.
std::optional<std::string> refusal_to_listen(WeakTokenPolicy policy, TokenStrength strength, std::string_view host);

/// Likewise for a client that dials `host`.
std::optional<std::string> refusal_to_dial(WeakTokenPolicy policy, TokenStrength strength, std::string_view host);

/// The log's text at start for each weak token that is used nevertheless.
std::string weak_token_warning();

}  // namespace ferrotunnel::login
