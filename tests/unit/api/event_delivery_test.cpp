#include "api/event_delivery.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.hpp"
#include "support/recording_logger.hpp"

namespace ferrotunnel::detail {

namespace {

Event named(std::string service) {
    Event event;
    event.service = std::move(service);
    return event;
}

struct EventDeliveryFixture {
    explicit EventDeliveryFixture(CalledBy who)
        : events(
              who,
              [this](const Event& event) {
                  told.push_back(event.service);
                  dropped.push_back(event.dropped);
                  if (act) {
                      act(event);
                  }
              },
              log, ring) {}

    test::RecordingLogger log;
    admin::EventRing ring;
    std::function<void(const Event&)> act;
    std::vector<std::string> told;  // used by the handler alone, which runs once at a time
    std::vector<std::uint64_t> dropped;
    EventDelivery events;
};

}  // namespace

TEST_CASE("events are told in order, and what a handler throws is logged", "[event]") {
    const CalledBy who = GENERATE(CalledBy::own_thread, CalledBy::whoever);
    EventDeliveryFixture rig(who);
    rig.act = [](const Event& event) {
        if (event.service == "two") {
            throw std::runtime_error("no idea");
        }
    };
    for (const char* name : {"one", "two", "three"}) {
        rig.events.deliver(named(name));
        if (who == CalledBy::whoever) {
            CHECK(rig.told.back() == name);  // at once
        }
    }
    rig.events.wait_until_delivered();
    CHECK(rig.told == std::vector<std::string>{"one", "two", "three"});
    CHECK(rig.log.count("the event handler threw an exception what=no idea") == 1);
    EventDelivery nobody(who, {}, rig.log, rig.ring);
    nobody.deliver(named("lost"));
    nobody.wait_until_delivered();
    CHECK(rig.ring.after(0).events.back().event.service == "lost");  // it is kept whether or not it is told
}

TEST_CASE("what a handler causes is told when it has returned", "[event]") {
    EventDeliveryFixture rig(GENERATE(CalledBy::own_thread, CalledBy::whoever));
    std::size_t told_within = 0;
    bool here = false;
    rig.act = [&](const Event& event) {
        if (event.service == "cause") {
            rig.events.deliver(named("effect"));
            rig.events.wait_until_delivered();
            told_within = rig.told.size();
            here = rig.events.here();
        }
    };
    rig.events.deliver(named("cause"));
    rig.events.wait_until_delivered();
    CHECK(told_within == 1);
    CHECK(here);
    CHECK_FALSE(rig.events.here());
    CHECK(rig.told == std::vector<std::string>{"cause", "effect"});
}

TEST_CASE("limit: events that wait for a slow handler, for whom nobody else waits", "[event][threads][limits]") {
    EventDeliveryFixture rig(GENERATE(CalledBy::own_thread, CalledBy::whoever));
    std::promise<void> entered;
    std::promise<void> released;
    rig.act = [&](const Event& event) {
        if (event.service == "slow") {
            entered.set_value();
            released.get_future().wait();
        }
    };
    std::thread slow([&] { rig.events.deliver(named("slow")); });
    entered.get_future().wait();
    for (std::size_t i = 0; i < limits::events_waiting_max; ++i) {
        rig.events.deliver(named(std::to_string(i)));  // returns although the handler does not
    }
    for (int i = 0; i < 3; ++i) {
        rig.events.deliver(named("dropped"));
    }
    Event stopped = named("last");
    stopped.kind = Event::Kind::stopped;
    rig.events.deliver(stopped);
    released.set_value();
    slow.join();
    rig.events.wait_until_delivered();
    REQUIRE(rig.told.size() == limits::events_waiting_max + 2);
    CHECK(rig.told[1] == "0");
    CHECK(rig.told[limits::events_waiting_max] == std::to_string(limits::events_waiting_max - 1));
    CHECK(rig.dropped[limits::events_waiting_max] == 0);
    CHECK(rig.told.back() == "last");
    CHECK(rig.dropped.back() == 3);
    CHECK(rig.log.count("events were dropped: the event handler is too slow events=3") == 1);
    rig.events.deliver(named("afterwards"));
    rig.events.wait_until_delivered();
    CHECK(rig.told.back() == "afterwards");
    CHECK(rig.dropped.back() == 0);
}

}  // namespace ferrotunnel::detail
