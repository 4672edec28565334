// The client's side of a hand-over by itself: when the place of another client is requested.
#include "session/client_handover.hpp"

#include "unit/session/link_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

struct HandoverParts : LinkParts {
    ~HandoverParts() { end(); }
    std::size_t requests() const { return sent_as<wire::TakeOver>().size(); }

    ClientHandover handover{{at, services,
                             [this](std::size_t place, const std::vector<wire::ControlPayload>& messages) {
                                 record(place, messages.at(0));
                             }},
                            true};
};

}  // namespace

TEST_CASE("client handover: the place is requested when all services are registered, once for each login") {
    HandoverParts parts;
    OfferedService& offered = parts.services.add(LinkParts::described(1, wire::ServiceKind::tcp, "web"), {});
    parts.handover.check();
    CHECK(parts.requests() == 0);
    offered.on[1] = TrunkRegistration::registered;
    parts.handover.check();
    parts.handover.check();
    CHECK(parts.requests() == 1);
    parts.trunks.at(0).phase = TrunkState::Phase::waiting;
    parts.handover.check();
    CHECK(parts.requests() == 2);
    CHECK(parts.sent.back().first == 1);
    parts.phase = LinkPhase::draining;
    parts.open(0);
    parts.handover.check();
    CHECK(parts.requests() == 2);
}

TEST_CASE("client handover: the answer is reported once") {
    HandoverParts parts;
    parts.handover.check();
    CHECK(parts.handover.wants_handover());
    parts.handover.on_taken_over({2});
    parts.handover.on_taken_over({0});
    CHECK_FALSE(parts.handover.wants_handover());
    REQUIRE(parts.notices.size() == 1);
    CHECK(parts.notices.at(0).text == "2 other clients finish their visitors and end");
}

TEST_CASE("client handover: with a server whose version has none, the client continues without the place") {
    HandoverParts parts;
    parts.trunks.at(0).features = 0;
    parts.handover.check();
    parts.handover.check();
    CHECK(parts.requests() == 0);
    CHECK_FALSE(parts.handover.wants_handover());
    REQUIRE(parts.notices.size() == 1);
    CHECK(parts.notices.at(0).code == wire::Code::unsupported);
}
