// The hash of a password, as the server's plugin takes it.
#pragma once

#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// Hashes a password with yescrypt and a fresh salt, which takes some 50 ms and 16 MiB. Nothing: it cannot be hashed,
/// since it has more than 512 bytes, or since this program was built without libcrypt.
std::optional<std::string> hash_of_password(const Secret& password);

}  // namespace ferrotunnel::cli
