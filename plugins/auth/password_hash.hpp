// Hashes of passwords, as they stand in a file of users: bcrypt ($2y$, $2b$, $2a$), yescrypt ($y$), SHA-512 ($6$) and
// Argon2id ($argon2id$).
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// Why this is not a hash that is taken, in words that follow its place; empty: it is one. Hashes that are broken, cut
/// off or so costly that a check could take more than a few seconds or 256 MiB are refused.
std::string password_hash_fault(std::string_view hash);

/// Why a hash without a fault is not cheap, in words that follow its place; empty: it is. To check a cheap one takes
/// less than half a second and up to 64 MiB.
std::string cheap_hash_fault(std::string_view hash);

/// What makes a check of a hash without a fault as costly as it is: its kind and its parameters, as people read them.
std::string password_hash_cost(std::string_view hash);

/// Whether the password has this hash, which has no fault. Takes milliseconds to seconds. Any thread.
bool verify_password(const std::string& hash, const std::string& password);

}  // namespace ferrotunnel::plugins
