// Keys that files of other tunnels have: who moves here is told what they are called, instead of what looks like them.
#pragma once

#include <string_view>

namespace ferrotunnel::config {

/// A sentence that goes behind "no such key", or nothing.
std::string_view foreign_key(std::string_view key) noexcept;

}  // namespace ferrotunnel::config
