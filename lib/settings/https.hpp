// The HTTPS listener's settings, and proxies in front of the server.
#pragma once

#include <span>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/https.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ServerSettings;

/// A row for each setting of HTTPS.
std::span<const Setting<Https>> https_settings() noexcept;

/// Appends all problems, and brings the address into normal form. Does not read files.
void check_https(ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
