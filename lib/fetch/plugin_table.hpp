// Requests of plugins (FT_FETCH_1).
#pragma once

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::fetch {

/// The functions that plugins call. Thread-safe; valid as long as the process lives.
const ft_fetch& plugin_table() noexcept;

}  // namespace ferrotunnel::fetch
