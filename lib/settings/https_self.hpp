// Check of the settings of a server's own CA.
#pragma once

#include <cstddef>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Names in `self_names`: each is a part of the CA's certificate, which is sent in no handshake but read by people.
inline constexpr std::size_t https_self_names_max = 100;

void check_https_self(const ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
