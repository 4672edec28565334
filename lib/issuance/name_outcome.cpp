#include "issuance/name_outcome.hpp"

#include <algorithm>
#include <chrono>

#include "acme/renewal.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {

void note_outcome(NameEntry& entry, const IssuanceOutcome& outcome, bool has_staging, WallTime now, Random& random) {
    using Kind = IssuanceOutcome::Kind;
    entry.ordered_by = outcome.member;
    switch (outcome.kind) {
        case Kind::issued:
        case Kind::renewed:
            entry.failures = 0;
            entry.problem.clear();
            entry.is_hint = false;
            entry.failed_ways.clear();
            entry.is_at_staging = false;
            entry.has_passed_staging = false;
            break;
        case Kind::busy:
            entry.next = now + limits::lock_interval;
            break;
        case Kind::staged:
            entry.is_at_staging = false;
            entry.has_passed_staging = true;
            entry.next = now;
            break;
        case Kind::postponed:
            entry.problem = outcome.problem.text;
            entry.is_hint = false;
            entry.next = std::max(outcome.next, now + std::chrono::seconds(1));
            break;
        case Kind::failed:
            ++entry.failures;
            entry.problem = outcome.problem.text;
            entry.is_hint = outcome.is_hint;
            entry.is_at_staging = outcome.to_staging && has_staging;
            entry.has_passed_staging = false;
            entry.next = now + acme::retry_delay(outcome.problem, entry.failures, random);
            break;
    }
    const bool has_ended = outcome.kind != Kind::busy && outcome.kind != Kind::staged;  // these go on by themselves
    entry.has_concluded = entry.has_concluded || has_ended;
    entry.attempts += has_ended ? 1 : 0;
}

}  // namespace ferrotunnel::issuance
