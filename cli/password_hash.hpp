// Hashes a password for the server's auth plugin.
#pragma once

#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// Hashes a password with yescrypt and a fresh salt, which takes about 50 ms and 16 MiB. Empty if it cannot be hashed:
/// it has more than 512 bytes, or this program was built without libcrypt.
std::optional<std::string> hash_of_password(const Secret& password);

}  // namespace ferrotunnel::cli
