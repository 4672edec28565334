// Health of services by itself: who receives a report.
#include "session/offered_health.hpp"

#include "support/eventually.hpp"
#include "unit/session/link_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

struct HealthParts : LinkParts {
    ~HealthParts() {
        run([&] { health.stop(); });
        end();
    }
    OfferedService& offer(bool is_checked) {
        auto service = described(1, wire::ServiceKind::tcp, "web");
        service.backend.place.at = {"127.0.0.1", 1};
        if (is_checked) {
            backend::HealthCheckSettings terms;
            terms.interval = terms.timeout = std::chrono::hours(1);
            service.health = std::make_shared<const backend::HealthCheckSettings>(terms);
        }
        return services.add(std::move(service), {});
    }

    int first = 0;
    int changes = 0;
    OfferedHealth health{{at, services,
                          [this](std::size_t place, const wire::ControlPayload& message) { record(place, message); },
                          [this](OfferedService&) { ++first; }, [this] { ++changes; }}};
};

}  // namespace

TEST_CASE("offered health: trunks that carry the service, or that have a retired session, receive reports") {
    HealthParts parts;
    parts.run([&] {
        OfferedService& offered = parts.offer(true);
        parts.health.send(0, offered);
        CHECK(parts.sent.empty());
        offered.on[0] = TrunkRegistration::registered;
        parts.trunks.at(1).retiring = 1;
        parts.health.send(0, offered);
        parts.health.send(1, offered);
        CHECK(parts.sent_as<wire::Health>().size() == 2);
        parts.trunks.at(0).features = 0;
        parts.health.send(0, offered);
        CHECK(parts.sent.size() == 2);
    });
}

TEST_CASE("offered health: a backend that does not listen is reported, and its service registered then") {
    HealthParts parts;
    parts.run([&] {
        OfferedService& offered = parts.offer(true);
        parts.health.watch(offered);
        CHECK(offered.waits_for_check());
    });
    CHECK(eventually([&] { return parts.run([&] { return parts.changes; }) == 1; }));
    parts.run([&] {
        CHECK(parts.first == 1);
        CHECK(parts.kinds() == std::vector<LinkNotice::Kind>{LinkNotice::Kind::unhealthy});
        CHECK_FALSE(parts.services.find(1)->waits_for_check());
    });
}

TEST_CASE("offered health: nothing is checked without terms, or once the link ends") {
    HealthParts parts;
    parts.run([&] {
        OfferedService& plain = parts.offer(false);
        parts.health.watch(plain);
        CHECK_FALSE(plain.watch);
        parts.phase = LinkPhase::draining;
        OfferedService& offered = parts.offer(true);
        parts.health.watch(offered);
        CHECK_FALSE(offered.watch);
    });
}
