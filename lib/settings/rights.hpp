// Rights of tokens: validation, and conversion to the engine's form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/rights.hpp"
#include "login/rights.hpp"

namespace ferrotunnel::detail {

struct NamedToken;

inline constexpr std::uint64_t quota_max = 1'000'000;
inline constexpr double visitors_rate_min = 0.001;
inline constexpr double visitors_rate_max = 1'000'000;
inline constexpr std::string_view any_port = "any";

/// The problem of one word of a list, worded to follow the key; empty if it is valid.
std::optional<std::string> right_host_fault(const std::string& text);
std::optional<std::string> right_port_fault(const std::string& text);
std::optional<std::string> right_kind_fault(const std::string& text);
std::optional<std::string> right_bind_fault(const std::string& text);
/// What is wrong with a listen address for public ports, to follow it in quotes: its zone, a character that no address
/// has, or `expected`.
std::string public_bind_fault(std::string_view text, std::string_view expected);
/// Normal form of an IP address like "127.0.0.1", "[::1]" or "::1"; empty if it is invalid.
std::optional<std::string> ip_address_of(std::string_view text);
std::optional<std::string> right_token_fault(const std::string& text);
/// The problem of the number of entries of a list.
std::optional<std::string> right_list_fault(const std::vector<std::string>& list);

/// Appends the problems of a token's rights.
void check_rights(const NamedToken& token, std::vector<Problem>& problems);

/// Converts checked rights to the engine's form.
login::Rights engine_rights(const Rights& rights);

}  // namespace ferrotunnel::detail
