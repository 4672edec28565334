// Recorded exchanges as an HTTP Archive (HAR 1.2), which browsers and other tools read.
#pragma once

#include <vector>

#include "admin/answer.hpp"
#include "inspect/exchange.hpp"

namespace ferrotunnel::admin {

/// One entry, from the recorded parts. Bodies are without their Content-Encoding, as HAR requires.
Json har_entry(const inspect::Exchange& exchange);
/// The complete archive with these entries.
Json har_of(Json entries);

}  // namespace ferrotunnel::admin
