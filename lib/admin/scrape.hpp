// What is answered at the metrics address: numbers for a scraper, and whether the program lives and is ready. Nothing
// there changes anything. docs/metrics.md describes it.
#pragma once

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// `is_local`: the address is of this machine alone. Then Host has to be so, too: a page of a visitor's browser could
/// otherwise read the numbers through a name that leads here (DNS rebinding).
Answer answer_to_scraper(const Request& request, Subject& subject, bool is_local);

}  // namespace ferrotunnel::admin
