// Rights of tokens: what may be written, what is wrong, and what the engine makes of it.
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

/// What is wrong with one word of a list, in words that can follow the key; nothing if it is right.
std::optional<std::string> right_host_fault(const std::string& text);
std::optional<std::string> right_port_fault(const std::string& text);
std::optional<std::string> right_kind_fault(const std::string& text);
std::optional<std::string> right_bind_fault(const std::string& text);
/// An IP address in one form, of "127.0.0.1", "[::1]" or "::1"; nothing where it is none.
std::optional<std::string> ip_address_of(std::string_view text);
std::optional<std::string> right_token_fault(const std::string& text);
/// What is wrong with the number of entries of a list.
std::optional<std::string> right_list_fault(const std::vector<std::string>& list);

/// Appends what is wrong with a token's rights.
void check_rights(const NamedToken& token, std::vector<Problem>& problems);

/// The rights as the engine has them: of rights that the check has found good.
login::Rights engine_rights(const Rights& rights);

}  // namespace ferrotunnel::detail
