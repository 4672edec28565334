// HKDF with SHA-256 (RFC 5869): further secrets of one that is random already.
#pragma once

#include <string_view>

#include "base/bytes.hpp"

namespace ferrotunnel::transport {

/// Fills `into` with the secret of `key` for this purpose. False if OpenSSL has no HKDF or no memory; its error queue
/// is empty then, too. `key` must have as much randomness as a key: there is no salt.
bool hkdf_sha256(Bytes key, std::string_view purpose, MutableBytes into) noexcept;

}  // namespace ferrotunnel::transport
