// The listeners of visits by themselves: which trunk gets a visitor.
#include "session/visit_listeners.hpp"

#include "unit/session/link_parts.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

struct VisitParts : LinkParts {
    VisitParts() { plan->record = std::make_shared<VisitRecord>(); }
    ~VisitParts() { end(); }
    void arrive() { visits.on_visitor(plan, directory::Visitor(runtime::Fd(), transport::test::loopback(), nullptr)); }

    const std::shared_ptr<VisitPlan> plan = std::make_shared<VisitPlan>();
    std::vector<std::size_t> places;
    VisitListeners visits{{at, [this](std::size_t place, const std::shared_ptr<const VisitPlan>&, directory::Visitor) {
                               places.push_back(place);
                           }}};
};

}  // namespace

TEST_CASE("visit listeners: visitors get the trunks that accept visitors, in turn") {
    VisitParts parts;
    parts.run([&] {
        parts.arrive();
        parts.arrive();
        parts.arrive();
        CHECK(parts.places == std::vector<std::size_t>{0, 1, 0});
        parts.trunks.at(1).draining = true;
        parts.arrive();
        parts.arrive();
        CHECK(parts.places == std::vector<std::size_t>{0, 1, 0, 0, 0});
        CHECK(parts.plan->record->view().failed == 0);
    });
}

TEST_CASE("visit listeners: without a trunk, or while the link drains, a visit fails and is recorded") {
    VisitParts parts;
    parts.run([&] {
        parts.phase = LinkPhase::draining;
        parts.arrive();
        parts.phase = LinkPhase::up;
        parts.trunks.at(0).phase = parts.trunks.at(1).phase = TrunkState::Phase::waiting;
        parts.arrive();
        CHECK(parts.places.empty());
        CHECK(parts.plan->record->view().failed == 2);
    });
}
