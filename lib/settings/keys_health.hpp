// The key `health` of a service: a path, `tcp`, or a group of keys.
#pragma once

#include "config/reader.hpp"
#include "ferrotunnel/health_check.hpp"

namespace ferrotunnel::detail {

/// False if a problem was reported at its place.
bool read_health(const config::Value& value, HealthCheck& check);

}  // namespace ferrotunnel::detail
