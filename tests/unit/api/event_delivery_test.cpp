#include "event_delivery.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sink_logger.hpp"

namespace ferrotunnel::detail {

namespace {

Event named(std::string service) {
    Event event;
    event.service = std::move(service);
    return event;
}

struct Rig {
    std::function<void(const Event&)> act;
    std::vector<std::string> told;  // the handler's, which runs once at a time
    std::vector<std::string> lines;
    SinkLogger log{[this](const LogRecord& record) { lines.emplace_back(record.message); }, LogLevel::info};
    EventDelivery events{[this](const Event& event) {
                             told.push_back(event.service);
                             if (act) {
                                 act(event);
                             }
                         },
                         log};
};

}  // namespace

TEST_CASE("events are told at once, and what a handler throws is logged", "[event]") {
    Rig rig;
    rig.events.tell(named("one"));
    CHECK(rig.told == std::vector<std::string>{"one"});
    rig.act = [](const Event&) { throw std::runtime_error("no idea"); };
    rig.events.tell(named("two"));
    rig.act = {};
    rig.events.tell(named("three"));
    CHECK(rig.told == std::vector<std::string>{"one", "two", "three"});
    CHECK(rig.lines == std::vector<std::string>{"the event handler has thrown"});
    EventDelivery nobody({}, rig.log);
    nobody.tell(named("lost"));
    nobody.wait_until_told();
}

TEST_CASE("what a handler causes is told when it has returned", "[event]") {
    Rig rig;
    std::size_t told_within = 0;
    rig.act = [&](const Event& event) {
        if (event.service == "cause") {
            rig.events.tell(named("effect"));
            rig.events.wait_until_told();
            told_within = rig.told.size();
        }
    };
    rig.events.tell(named("cause"));
    CHECK(told_within == 1);
    CHECK(rig.told == std::vector<std::string>{"cause", "effect"});
}

TEST_CASE("nobody waits for a slow handler, until too many events do", "[event][threads]") {
    Rig rig;
    std::promise<void> entered;
    std::promise<void> released;
    rig.act = [&](const Event& event) {
        if (event.service == "slow") {
            entered.set_value();
            released.get_future().wait();
        }
    };
    std::thread slow([&] { rig.events.tell(named("slow")); });
    entered.get_future().wait();
    for (std::size_t i = 0; i < EventDelivery::waiting_max; ++i) {
        rig.events.tell(named(std::to_string(i)));  // returns although the handler does not
    }
    auto one_more = std::async(std::launch::async, [&] { rig.events.tell(named("last")); });
    CHECK(one_more.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
    released.set_value();
    one_more.wait();
    rig.events.wait_until_told();
    slow.join();
    REQUIRE(rig.told.size() == EventDelivery::waiting_max + 2);
    CHECK(rig.told[1] == "0");
    CHECK(rig.told.back() == "last");
}

}  // namespace ferrotunnel::detail
