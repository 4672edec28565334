// What a client says of its backends: at which pace that counts.
#include <catch2/catch.hpp>
#include <chrono>

#include "session/limits.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;
using ferrotunnel::test::RecordingLogger;

TEST_CASE("limit: a client that changes its mind about a backend all the time", "[health]") {
    RecordingLogger log;
    ServerRig rig;
    rig.shared->log = &log;
    WireClient client = rig.log_in({.features = wire::feature::health});
    wire::Service service;
    service.id = 1;
    service.health = wire::HealthPart{true, false};
    client.register_services({&service, 1});
    (void)client.registered();
    const auto is_unhealthy = [&] {
        const SessionView view = rig.sessions.front()->view();
        return view.services.at(0).unhealthy;
    };
    const auto changes = [&] { return log.count("the backend of a service is"); };
    const auto say = [&](bool healthy) {
        client.send_control(wire::encode_control(wire::Health{1, healthy, healthy ? "" : "it is away"}));
    };

    const TimePoint began = Clock::now();
    constexpr int many = 180;  // fewer than lines may be logged in a second
    client.send_together([&] {
        for (int i = 0; i < many; ++i) {
            say(i % 2 != 0);
        }
        say(false);
    });
    CHECK(eventually(is_unhealthy));  // the last word counts in the end
    CHECK(eventually([&] { return changes() >= static_cast<int>(limits::health_rate.burst); }));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - began).count();
    const auto most = limits::health_rate.burst + limits::health_rate.per_second * static_cast<std::uint64_t>(seconds);
    CHECK(static_cast<std::uint64_t>(changes()) <= most);

    // A change that is taken back before its turn is none.
    CHECK(eventually([&] { return is_unhealthy(); }));
    client.send_together([&] {
        say(true);
        say(false);
    });
    say(true);
    CHECK(eventually([&] { return !is_unhealthy(); }));
}
