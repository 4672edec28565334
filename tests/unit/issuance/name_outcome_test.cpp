#include "issuance/name_outcome.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "acme/limits.hpp"
#include "issuance/limits.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::issuance {
namespace {

using OutcomeKind = IssuanceOutcome::Kind;
using std::chrono::minutes;

// The outcome of an attempt for a name that has failed twice, and is at the staging CA.
class OutcomeTest {
public:
    OutcomeTest() {
        entry.failures = 2;
        entry.problem = "earlier";
        entry.is_at_staging = true;
        outcome.problem.text = "later";
    }
    void note(OutcomeKind kind, bool has_staging = true) {
        outcome.kind = kind;
        note_outcome(entry, outcome, has_staging, now, random);
    }

    const WallTime now{std::chrono::seconds(1'800'000'000)};
    test::SeededRandom random{1};
    NameEntry entry;
    IssuanceOutcome outcome;
};

TEST_CASE("limit: a name whose lock is held is tried again soon, and nothing else changes", "[issuance]") {
    OutcomeTest test;
    test.note(OutcomeKind::busy);
    CHECK(test.entry.next == test.now + limits::lock_interval);
    CHECK(test.entry.failures == 2);
    CHECK(test.entry.problem == "earlier");
    CHECK(test.entry.is_at_staging);
    CHECK_FALSE(test.entry.has_concluded);
}

TEST_CASE("a new certificate ends the failures of a name", "[issuance]") {
    OutcomeTest test;
    test.note(GENERATE(OutcomeKind::issued, OutcomeKind::renewed));
    CHECK(test.entry.failures == 0);
    CHECK(test.entry.problem.empty());
    CHECK_FALSE(test.entry.is_at_staging);
    CHECK(test.entry.has_concluded);
}

TEST_CASE("after the staging CA the name is ordered at once, and its failures stay", "[issuance]") {
    OutcomeTest test;
    test.note(OutcomeKind::staged);
    CHECK(test.entry.next == test.now);
    CHECK(test.entry.failures == 2);
    CHECK_FALSE(test.entry.is_at_staging);
    CHECK(test.entry.has_passed_staging);
}

TEST_CASE("what is postponed has not failed", "[issuance]") {
    OutcomeTest test;
    test.outcome.next = test.now + minutes(7);
    test.note(OutcomeKind::postponed);
    CHECK(test.entry.next == test.now + minutes(7));
    CHECK(test.entry.failures == 2);
    CHECK(test.entry.problem == "later");
}

TEST_CASE("a failure is one more, at the staging CA if there is one", "[issuance]") {
    OutcomeTest test;
    test.outcome.to_staging = true;
    const bool has_staging = GENERATE(false, true);
    test.note(OutcomeKind::failed, has_staging);
    CHECK(test.entry.failures == 3);
    CHECK(test.entry.problem == "later");
    CHECK(test.entry.is_at_staging == has_staging);
    CHECK(test.entry.next >= test.now + minutes(2));
    CHECK(test.entry.next <= test.now + minutes(3));
}

// RFC 8555, 6.6: Retry-After is for this request with exactly these parameters; CaHolds has the other names.
TEST_CASE("a name that a CA limits waits as long as the CA says", "[issuance]") {
    OutcomeTest test;
    test.outcome.problem.kind = acme::Problem::Kind::limited;
    test.outcome.problem.retry_after = acme::limits::retry_after_max;
    test.note(OutcomeKind::failed);
    CHECK(test.entry.next == test.now + acme::limits::retry_after_max);
}

}  // namespace
}  // namespace ferrotunnel::issuance
