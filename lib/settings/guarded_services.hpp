// Services that must prove a token of their own: their keys, their reader and their check, and conversion to the
// engine's form.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "directory/service_tokens.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/service_token.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;

/// Maximum number of guarded services of a server, since each registration checks all of them.
inline constexpr std::size_t guarded_services_max = 256;

/// The keys of a guarded service.
std::span<const SettingFacts> guarded_service_keys() noexcept;

/// Reads the services that must prove a token of their own.
void read_guarded_services(const config::Value& list, ConfigReading& reading, std::vector<GuardedService>& services);

/// What is wrong with one port or range; nullopt if it is valid.
std::optional<std::string> guarded_port_fault(const std::string& text);

void check_guarded_services(const std::vector<GuardedService>& services, std::vector<Problem>& problems);

/// Converts checked services to the engine's form.
directory::ServiceTokens engine_service_tokens(const std::vector<GuardedService>& services);

}  // namespace ferrotunnel::detail
