// Log lines about orders, each with the remedy if there is one.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "issuance/issuance.hpp"
#include "issuance/name_entry.hpp"

namespace ferrotunnel::issuance {

/// Logs an outcome; `entry` already has it, and remembers a warning: the certificate after it is reported at the same
/// level. `old_problem`: what the entry's problem was before, which is not repeated
/// while an order only waits.
void log_outcome(Logger& log, NameEntry& entry, const IssuanceOutcome& outcome, const std::string& old_problem,
                 WallTime now, TimePoint steady_now);

}  // namespace ferrotunnel::issuance
