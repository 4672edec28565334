// Where a request is sent: which carrier is asked next, the line for a connection, and what is left in the end.
#include "exchange/placement.hpp"

#include "unit/exchange/exchange_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::exchange::test;
using Placed = Placement::Result;
using wire::Code;

namespace {

struct PlacementParts : WiredParts {
    using WiredParts::WiredParts;

    Placement placement{{at, record, timer, *this, *this}};
};

}  // namespace

TEST_CASE("placement: each carrier that refuses is passed over, and none is asked twice") {
    PlacementParts parts(2);
    const auto refusal = GENERATE(std::pair(Code::busy, Placed::full), std::pair(Code::going_away, Placed::gone),
                                  std::pair(Code::unknown_service, Placed::gone));
    parts.round([&] {
        for (const auto& carrier : parts.carriers) {
            carrier->refuses_with = refusal.first;
        }
        CHECK(parts.placement.open() == Placed::pending);
        CHECK(parts.events == "b");
        CHECK(parts.placement.refused() == Placed::pending);
        CHECK(parts.events == "bb");
        CHECK(parts.placement.refused() == refusal.second);
        CHECK(parts.carriers[0]->asked == 1);
        CHECK(parts.carriers[1]->asked == 1);
        CHECK(parts.placement.stream() == nullptr);
        CHECK(parts.placement.find_successor().retry == Placement::Retry::wait);
    });
}

TEST_CASE("placement: beyond the quota of the token no other carrier is asked") {
    PlacementParts parts(2);
    parts.round([&] {
        for (const auto& carrier : parts.carriers) {
            carrier->refuses_with = Code::limit;
        }
        CHECK(parts.placement.open() == Placed::pending);
        CHECK(parts.placement.refused() == Placed::over_quota);
        CHECK(parts.carriers[0]->asked + parts.carriers[1]->asked == 1);
    });
}

TEST_CASE("placement: a request waits in line when as many connections are asked for as may be") {
    PlacementParts parts;
    parts.round([&] {
        const std::uint64_t service = parts.request->service->serial();
        while (parts.edge->connect_limiter.may_open(service)) {
            parts.edge->connect_limiter.opening(service);
        }
        CHECK(parts.placement.open() == Placed::pending);
        CHECK(parts.placement.is_waiting_to_connect());
        CHECK(parts.carriers[0]->asked == 0);
        CHECK(parts.is_set());                       // it waits no longer than for a connection
        CHECK_FALSE(parts.placement.extend_wait());  // nobody came through meanwhile
        CHECK_FALSE(parts.placement.is_waiting_to_connect());
    });
}

TEST_CASE("placement: a carrier that has joined meanwhile has the request, and a dropped connection settles the gate") {
    PlacementParts parts;
    parts.round([&] {
        parts.carriers[0]->refuses_with = Code::going_away;
        CHECK(parts.placement.open() == Placed::pending);
        CHECK(parts.placement.refused() == Placed::gone);
        parts.join();
        Placement::Successor next = parts.placement.find_successor();
        CHECK(next.retry == Placement::Retry::now);
        CHECK(parts.placement.open_again(std::move(next.carrier)) == Placed::pending);
        CHECK(parts.carriers[1]->asked == 1);
        CHECK(parts.placement.stream() != nullptr);
        parts.placement.drop(Code::cancelled);
        CHECK(parts.placement.stream() == nullptr);
        CHECK(parts.edge->connect_limiter.may_open(parts.request->service->serial()));
        CHECK(parts.placement.member_name().empty());
    });
}
