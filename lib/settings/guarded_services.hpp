// Services that have to prove a token of their own: what may be written, and what the engine makes of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "directory/service_tokens.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/service_token.hpp"

namespace ferrotunnel::detail {

/// How many a server may have: each registration looks at all of them.
inline constexpr std::size_t guarded_services_max = 256;

/// What is wrong with one port or range; nothing if it is right.
std::optional<std::string> guarded_port_fault(const std::string& text);

void check_guarded_services(const std::vector<GuardedService>& services, std::vector<Problem>& problems);

/// What the engine holds services to, of those that the check has found good.
directory::ServiceTokens engine_service_tokens(const std::vector<GuardedService>& services);

}  // namespace ferrotunnel::detail
