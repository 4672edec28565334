// When a member of a group is ejected, for how long, and how it comes back.
#include "directory/ejection.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;

namespace {

wire::Eject terms(std::uint32_t failures) {
    wire::Eject eject;
    eject.failures = failures;
    eject.first_ms = 10'000;
    eject.longest_ms = 60'000;
    return eject;
}

}  // namespace

TEST_CASE("so many failures in a row eject a member, and a visitor who fares well begins the row again", "[groups]") {
    const wire::Eject three = terms(3);
    TimePoint now{1h};
    Ejection member;
    CHECK(member.is_clean());
    CHECK_FALSE(member.failed(three, true, now));
    CHECK_FALSE(member.failed(three, true, now));
    CHECK_FALSE(member.is_clean());
    CHECK_FALSE(member.passed(now));
    CHECK(member.is_clean());
    CHECK_FALSE(member.failed(three, true, now));
    CHECK_FALSE(member.failed(three, true, now));
    CHECK(member.failed(three, true, now));
    CHECK(member.is_ejected());
    CHECK(member.time() == 10s);
    CHECK_FALSE(member.failed(three, true, now));  // what was under way when it was ejected
    CHECK_FALSE(member.passed(now));
    CHECK(member.is_ejected());
    CHECK_FALSE(member.accepts(now + 10s - 1ms));
    CHECK(member.accepts(now + 10s));
}

TEST_CASE("a failure that comes long after the one before begins a new row", "[groups]") {
    TimePoint now{1h};
    Ejection member;
    CHECK_FALSE(member.failed(terms(2), true, now));
    CHECK_FALSE(member.failed(terms(2), true, now += Ejection::row_gap + 1ms));
    CHECK(member.failed(terms(2), true, now += Ejection::row_gap));
}

TEST_CASE("after its time one visitor is its trial; each bad one doubles the time, up to the longest", "[groups]") {
    const wire::Eject one = terms(1);
    TimePoint now{1h};
    Ejection member;
    CHECK(member.failed(one, true, now));
    for (const Duration time : {20s, 40s, 60s, 60s}) {
        now += member.time();
        REQUIRE(member.accepts(now));
        member.begin_trial(one, now);
        CHECK_FALSE(member.accepts(now + 1s));
        CHECK_FALSE(member.failed(one, true, now));  // it is no news
        CHECK(member.is_ejected());
        CHECK(member.time() == time);
    }
    now += member.time();
    member.begin_trial(one, now);
    CHECK(member.accepts(now + 10s));  // nothing was heard of the trial: another one
    member.begin_trial(one, now + 10s);
    CHECK(member.passed(now + 11s));
    CHECK_FALSE(member.is_ejected());

    SECTION("who fails again soon is out for longer still") {
        CHECK(member.failed(one, true, now + 12s));
        CHECK(member.time() == 60s);
    }
    SECTION("who was good for as long as it was out begins again") {
        CHECK(member.failed(one, true, now + 11s + 60s));
        CHECK(member.time() == 10s);
    }
}

TEST_CASE("a member that may not go stays, and goes with the next failure when it may", "[groups]") {
    TimePoint now{1h};
    Ejection member;
    for (int i = 0; i < 5; ++i) {
        CHECK_FALSE(member.failed(terms(2), false, now));
    }
    CHECK(member.accepts(now));
    CHECK(member.failed(terms(2), true, now));
}

TEST_CASE("limit: the share of a group that may be ejected; one always may", "[groups]") {
    wire::Eject eject = terms(1);
    CHECK(may_eject_one_more(eject, 2, 0));
    CHECK_FALSE(may_eject_one_more(eject, 2, 1));
    CHECK_FALSE(may_eject_one_more(eject, 3, 1));
    CHECK(may_eject_one_more(eject, 4, 1));
    CHECK_FALSE(may_eject_one_more(eject, 4, 2));
    eject.share = 1;
    CHECK(may_eject_one_more(eject, 64, 0));
    CHECK_FALSE(may_eject_one_more(eject, 64, 1));
    eject.share = 100;
    CHECK(may_eject_one_more(eject, 2, 1));
    CHECK_FALSE(may_eject_one_more(eject, 2, 2));
}

TEST_CASE("what is a failure is chosen", "[groups]") {
    wire::Eject eject = terms(1);
    for (const MemberOutcome outcome : {MemberOutcome::refused, MemberOutcome::reset, MemberOutcome::response_5xx}) {
        CHECK(is_failure(eject, outcome));
    }
    CHECK_FALSE(is_failure(eject, MemberOutcome::success));
    eject.counts = wire::Eject::refused;
    CHECK(is_failure(eject, MemberOutcome::refused));
    CHECK_FALSE(is_failure(eject, MemberOutcome::reset));
    CHECK_FALSE(is_failure(eject, MemberOutcome::response_5xx));
}
