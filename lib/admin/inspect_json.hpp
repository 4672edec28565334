// Recorded exchanges as JSON: a row of a list, one in full, two compared.
#pragma once

#include "admin/answer.hpp"
#include "inspect/exchange.hpp"

namespace ferrotunnel::admin {

/// One row of a list.
Json row_of(const inspect::Exchange& exchange);
/// The full record; bodies without their Content-Encoding if that is supported, as `text`, or as `base64` if they are
/// not text.
Json whole_of(const inspect::Exchange& exchange);
/// The differences between two: in their heads field by field, in their bodies line by line.
Json difference_of(const inspect::Exchange& a, const inspect::Exchange& b);

/// Milliseconds since 1970.
double unix_ms(TimePoint time);
double milliseconds_of(Duration time);

}  // namespace ferrotunnel::admin
