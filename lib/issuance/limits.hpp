// Limits of issuance.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::issuance::limits {

/// Names that are ordered or renewed; further ones are logged once and ignored.
inline constexpr std::size_t names_max = 10'000;
/// Orders that run at once.
inline constexpr std::size_t orders_at_once_max = 4;
/// Orders per CA in three hours; Let's Encrypt allows 300.
inline constexpr std::size_t orders_per_ca = 250;
/// The longest file of the store that is read.
inline constexpr std::size_t file_max = 256 * 1'024;
/// How long one request to a CA may take.
inline constexpr std::chrono::seconds request_time{30};
/// How long one check that a name leads here may take.
inline constexpr std::chrono::seconds self_check_time{5};
/// Addresses of a name that are checked.
inline constexpr std::size_t addresses_max = 8;
/// How long one DNS lookup may take.
inline constexpr std::chrono::seconds dns_time{5};
/// How often a lock that another process holds is tried again.
inline constexpr std::chrono::seconds lock_interval{5};

}  // namespace ferrotunnel::issuance::limits
