// What the outcome of an attempt means for its name.
#pragma once

#include "base/random.hpp"
#include "issuance/issuance.hpp"
#include "issuance/name_entry.hpp"

namespace ferrotunnel::issuance {

/// Sets the failures of the entry, and when it is next. A new certificate is not put into it: NameSet does that.
/// `has_staging`: a staging CA is known.
void note_outcome(NameEntry& entry, const IssuanceOutcome& outcome, bool has_staging, WallTime now, Random& random);

}  // namespace ferrotunnel::issuance
