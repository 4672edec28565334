// Reads the version HTTP/1.1 or HTTP/1.0, byte by byte.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

inline constexpr std::size_t version_bytes = 8;

/// Reads `text`, at most the first 8 bytes of what should be a version. Sets `version` once all of them are there.
Fault read_version(std::string_view text, Version& version) noexcept;

}  // namespace ferrotunnel::http
