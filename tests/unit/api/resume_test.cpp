// A tunnel whose connections are cut and made again, as an application sees it.
#include "unit/api/end_to_end.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "unit/api/cut_relay.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;

namespace {

using Kind = Event::Kind;

/// The events that were told.
class Story {
public:
    EventHandler handler() {
        return [this](const Event& event) {
            std::lock_guard lock(mutex_);
            events_.push_back(event);
        };
    }
    std::vector<Event> all(Kind kind) const {
        std::lock_guard lock(mutex_);
        std::vector<Event> found;
        std::copy_if(events_.begin(), events_.end(), std::back_inserter(found),
                     [kind](const Event& event) { return event.kind == kind; });
        return found;
    }
    std::size_t count(Kind kind) const { return all(kind).size(); }

private:
    mutable std::mutex mutex_;
    std::vector<Event> events_;
};

struct ResumeFixture {
    explicit ResumeFixture(std::chrono::milliseconds resume = 30s, bool tls = true,
                           std::chrono::milliseconds login = Timing().handshake_timeout) {
        server = server_builder(token).resume(resume).hold(0ms).tls(tls).on_event(at_server.handler()).build();
        server.start();
        const std::string control = server.client_endpoint();
        relay.emplace(static_cast<std::uint16_t>(std::stoi(control.substr(control.rfind(':') + 1))));
        Timing timing;
        timing.handshake_timeout = login;
        client = client_builder(token, relay->address())
                     .resume(resume)
                     .connections(1)
                     .tls(tls)
                     .timing(timing)
                     .on_event(at_client.handler())
                     .build();
        service = client.add(to(echo.address()));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }

    Echo echo;
    Secret token = Secret::generate();
    Story at_server;
    Story at_client;
    Server server;
    std::optional<CutRelay> relay;
    Client client;
    Service service;
};

}  // namespace

TEST_CASE("a connection that is made again is told, and counted, on both sides", "[threads][resume]") {
    ResumeFixture rig;
    Visitor visitor(rig.service.port());
    REQUIRE(visitor.echoes("before"));
    rig.relay->set_open(false);
    rig.relay->cut_all();
    REQUIRE(
        eventually([&] { return rig.at_server.count(Kind::waiting) == 1 && rig.at_client.count(Kind::waiting) == 1; }));
    CHECK(rig.at_client.all(Kind::waiting)[0].connection == 1);
    CHECK(rig.at_client.all(Kind::waiting)[0].error);
    CHECK_FALSE(rig.at_server.all(Kind::waiting)[0].text.empty());
    CHECK(rig.client.connected());
    REQUIRE(rig.server.tunnels().size() == 1);
    CHECK(rig.server.tunnels()[0].connections == 1);
    CHECK(rig.server.tunnels()[0].waiting == 1);
    CHECK(eventually([&] { return rig.server.tunnels()[0].waiting_for > 0ms; }));
    CHECK(rig.server.stats().resume.waiting == 1);
    CHECK(rig.client.stats().resume.waiting == 1);
    CHECK(eventually([&] { return rig.client.stats().resume.waiting_for > 0ms; }));

    rig.relay->set_open(true);
    REQUIRE(
        eventually([&] { return rig.at_server.count(Kind::resumed) == 1 && rig.at_client.count(Kind::resumed) == 1; }));
    CHECK(visitor.echoes("after"));
    for (const ResumeStats& stats : {rig.server.stats().resume, rig.client.stats().resume}) {
        CHECK(stats.waiting == 0);
        CHECK(stats.waits == 1);
        CHECK(stats.resumed == 1);
        CHECK(stats.given_up == 0);
        CHECK(stats.bytes_kept_max == 16'777'216);
    }
    CHECK(rig.server.tunnels()[0].waiting == 0);
    CHECK(rig.client.stats().losses == 0);
    CHECK(rig.at_client.count(Kind::lost) == 0);
    CHECK(rig.at_server.count(Kind::lost) == 0);
}

TEST_CASE("a connection that does not come back in time is lost after all", "[threads][resume]") {
    ResumeFixture rig(5s);
    Visitor visitor(rig.service.port());
    REQUIRE(visitor.echoes("before"));
    rig.relay->set_open(false);
    rig.relay->cut_all();
    REQUIRE(eventually([&] { return rig.at_server.count(Kind::lost) == 1 && rig.at_client.count(Kind::lost) >= 1; }));
    CHECK_FALSE(visitor.echoes("after"));
    CHECK(rig.at_server.count(Kind::waiting) == 1);
    CHECK(rig.at_server.count(Kind::resumed) == 0);
    CHECK(rig.server.stats().resume.given_up == 1);
    CHECK(rig.client.stats().resume.given_up == 1);
    CHECK(rig.client.stats().resume.waiting == 0);
    CHECK(rig.client.stats().losses == 1);
}

TEST_CASE("a connection that is cut again and again is not made again without end at once", "[threads][resume]") {
    ResumeFixture rig;
    const std::size_t before = rig.relay->count();
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() < begin + 3'500ms) {
        rig.relay->cut_all();
        std::this_thread::sleep_for(1ms);
    }
    const std::size_t again = rig.relay->count() - before;
    const auto seconds = (std::chrono::steady_clock::now() - begin) / 1s;
    CHECK(again <= 2 + static_cast<std::size_t>(seconds));  // one at once, and one each second
}

TEST_CASE("a welcome that comes too late does not end the session that it welcomes", "[threads][resume]") {
    ResumeFixture rig(30s, false, 1s);
    Visitor visitor(rig.service.port());
    REQUIRE(visitor.echoes("before"));
    rig.relay->mute_after(1);  // the server's hello comes, its welcome does not
    rig.relay->cut_all();
    REQUIRE(eventually([&] { return rig.at_server.count(Kind::resumed) == 1; }));
    const std::size_t connections = rig.relay->count();
    REQUIRE(eventually([&] { return rig.relay->count() > connections; }));  // the client has given that one up
    rig.relay->mute_after(std::nullopt);
    REQUIRE(eventually([&] { return rig.at_client.count(Kind::resumed) == 1; }));
    CHECK(visitor.echoes("after"));
    CHECK(rig.at_client.count(Kind::lost) == 0);
    CHECK(rig.at_server.count(Kind::lost) == 0);
}

TEST_CASE("a session keeps no more than its part of the memory", "[resume]") {
    const auto kept_max = [](std::uint64_t memory) {
        const Secret token = Secret::generate();
        Server server = server_builder(token).resume(30s).memory_max(memory).resume_memory(1'073'741'824).build();
        return server.stats().resume.bytes_kept_max;
    };
    CHECK(kept_max(67'108'864) == 8'388'608);
    CHECK(kept_max(1'073'741'824) == 134'217'728);
}
