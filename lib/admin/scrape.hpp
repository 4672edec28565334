// The metrics address: metrics for a scraper, and health and readiness of the program. It changes nothing.
// docs/metrics.md describes it.
#pragma once

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// `is_local`: only this machine can reach the address. Then Host must be local, too: otherwise a page in a visitor's
/// browser could read the metrics through a name that resolves to this machine (DNS rebinding).
Answer answer_to_scraper(const Request& request, Subject& subject, bool is_local);

}  // namespace ferrotunnel::admin
