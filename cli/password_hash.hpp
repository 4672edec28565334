// Hashes a password for the server's auth plugin.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// Each at the highest cost that the plugin accepts from clients (`hashes: cheap`), or a lower one.
enum class HashKind { yescrypt, bcrypt, sha512 };

/// The longest password: libcrypt has room for 511 bytes, and bcrypt ignores what follows 72.
inline constexpr std::size_t password_bytes_max = 511;
inline constexpr std::size_t bcrypt_bytes_max = 72;

/// Hashes a password with a fresh salt; yescrypt takes about 50 ms and 16 MiB. Empty if it cannot be hashed: it is too
/// long, or this program was built without libcrypt.
std::optional<std::string> hash_of_password(const Secret& password, HashKind kind = HashKind::yescrypt);

}  // namespace ferrotunnel::cli
