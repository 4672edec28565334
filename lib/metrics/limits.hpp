// Limits of metrics.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ferrotunnel::limits {

/// Distinct services, by service, token and endpoint. Beyond that, unused ones are summed up.
inline constexpr std::size_t service_rows_max = 10'000;

/// Distinct members of groups, by group, kind, token and name; beyond that as above.
inline constexpr std::size_t member_rows_max = 4'096;

/// Distinct visitors of a service, per worker, for the list of those with most of its traffic ...
inline constexpr std::size_t top_visitors_max = 16;
/// ... visitors that the list shows ...
inline constexpr std::size_t top_visitors_shown = 8;
/// ... and the weight of a visit in addition to its bytes: about the cost of a small request.
inline constexpr std::uint64_t visit_as_bytes = 1'024;

}  // namespace ferrotunnel::limits
