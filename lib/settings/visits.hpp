// Visits to private services of other clients: what is said of one, checked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/visit.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::detail {

/// Visits of one client: each listens. A person's machine has a few, a gateway some dozens.
inline constexpr std::size_t visits_max = 256;

/// Where a visit listens: "5432", ":5432" (on this machine alone), "127.0.0.1:5432". Nothing: that is no place.
std::optional<runtime::SocketAddress> place_of_visit(const std::string& local);

/// Appends what is wrong with a visit, as problems with "service", "local" and "key".
void check_visit(const Visit& visit, std::vector<Problem>& problems);

/// Whether both would listen at the same place, so that they cannot be there together.
bool is_same_place(const Visit& a, const Visit& b);

/// Appends what is wrong with the visits of a client, as problems with "visits".
void check_visits(const std::vector<Visit>& visits, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
