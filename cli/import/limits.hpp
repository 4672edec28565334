// The limits of an import. Each has a test that reaches it.
#pragma once

#include <cstddef>

namespace ferrotunnel::cli::importing {

/// Files of one command, and those that a file of frp includes.
inline constexpr std::size_t files_max = 64;
inline constexpr std::size_t included_max = 256;

/// Limits of a file: 1 MiB, as of our own configuration files, and what keeps nested and aliased values small.
inline constexpr std::size_t source_bytes_max = 1024 * 1024;
inline constexpr std::size_t source_values_max = 50'000;
inline constexpr std::size_t source_depth_max = 32;

/// Parts of a dotted key of TOML, and dots of a line: toml++ recurses for each part.
inline constexpr std::size_t key_parts_max = 100;
inline constexpr std::size_t line_dots_max = 5'000;

/// Of a template: rounds of one loop and of all loops, loops within each other, the characters of an expression, for
/// each of which std::regex recurses, and the text that comes of it.
inline constexpr std::size_t rounds_max = 1'000;
inline constexpr std::size_t all_rounds_max = 100'000;
inline constexpr std::size_t loops_max = 8;
inline constexpr std::size_t expression_max = 8'000;
inline constexpr std::size_t expanded_max = 4 * 1024 * 1024;

/// Rules of cloudflared's `ingress`, of which each is compared with the others, and the expressions that the server
/// accepts for one host.
inline constexpr std::size_t rules_max = 1'000;
inline constexpr std::size_t expressions_max = 8;

/// Locations of a proxy of frp: each becomes a service with all the rules of the proxy.
inline constexpr std::size_t locations_max = 100;

/// Secrets of all files, and passwords, whose hashes are slow to make by intention.
inline constexpr std::size_t secrets_max = 1'000;
inline constexpr std::size_t passwords_max = 100;

/// Metadata of a client, as docs/configuration.md has it for `client.metadata`.
inline constexpr std::size_t metadata_pairs_max = 16;
inline constexpr std::size_t metadata_key_max = 64;
inline constexpr std::size_t metadata_value_max = 256;
inline constexpr std::size_t metadata_bytes_max = 1024;

/// Words of an ssh command line other than its options.
inline constexpr std::size_t command_words_max = 1'000;

}  // namespace ferrotunnel::cli::importing
