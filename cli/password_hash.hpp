// Hashes a password for the server's auth plugin.
#pragma once

#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// Each at the highest cost that the plugin accepts from clients (`hashes: cheap`), or a lower one.
enum class HashKind { yescrypt, bcrypt, sha512 };

/// Hashes a password with a fresh salt; yescrypt takes about 50 ms and 16 MiB. Empty if it cannot be hashed: it has
/// more than 512 bytes (bcrypt: 72), or this program was built without libcrypt.
std::optional<std::string> hash_of_password(const Secret& password, HashKind kind = HashKind::yescrypt);

}  // namespace ferrotunnel::cli
