// Password hashes in the formats of user files: bcrypt ($2y$, $2b$, $2a$), yescrypt ($y$), SHA-512 ($6$) and Argon2id
// ($argon2id$).
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// Why this hash is not accepted, in words that follow its place; empty if it is. Rejects hashes that are broken,
/// truncated, or so costly that a check could take more than a few seconds or 256 MiB.
std::string password_hash_fault(std::string_view hash);

/// Why a valid hash is not cheap, in words that follow its place; empty if it is. Checking a cheap one takes less than
/// half a second and up to 64 MiB.
std::string cheap_hash_fault(std::string_view hash);

/// The cost of checking a valid hash: its kind and parameters, in readable form.
std::string password_hash_cost(std::string_view hash);

/// Whether the password matches this valid hash. Takes milliseconds to seconds. Thread-safe.
bool verify_password(const std::string& hash, const std::string& password);

}  // namespace ferrotunnel::plugins
