// Recorded exchanges as JSON: a row of a list, one with all that is known, two side by side.
#pragma once

#include "admin/answer.hpp"
#include "inspect/exchange.hpp"

namespace ferrotunnel::admin {

/// One row of a list.
Json row_of(const inspect::Exchange& exchange);
/// All of it; bodies without their Content-Encoding where that is known, as `text`, or as `base64` where they are none.
Json whole_of(const inspect::Exchange& exchange);
/// What differs between two: in their heads field by field, in their bodies line by line.
Json difference_of(const inspect::Exchange& a, const inspect::Exchange& b);

/// Milliseconds since 1970.
double unix_ms(TimePoint time);
double milliseconds_of(Duration time);

}  // namespace ferrotunnel::admin
