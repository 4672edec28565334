// What the builders collect for the HTTPS listener and for proxies in front of the server.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Appends everything that is wrong, and puts the address in normal form. Files are not looked at.
void check_https(ServerSettings& settings, std::vector<Problem>& problems);

/// Replaces the settings; only what it changes is the application's from now on, the rest is still the file's.
void set_https(ServerSettings& settings, Https https);

}  // namespace ferrotunnel::detail
