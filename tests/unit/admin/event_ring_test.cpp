#include "admin/event_ring.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace std::chrono_literals;

namespace {

const EventRing::Moment began{1'764'086'400s};

Event event(std::string text) {
    Event event;
    event.kind = Event::Kind::refused;
    event.text = std::move(text);
    return event;
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("events are numbered, and told from any of them on") {
    EventRing ring(began);
    CHECK(json_of_events(ring, "").dump() == R"({"events":[],"missed":0,"last":"1764086400-0"})");
    ring.put(event("one"), began + 1500ms);
    ring.put(event("two"), began + 2s);
    CHECK(ring.number_of("1764086400-1") == 1);
    CHECK(json_of_events(ring, "1764086400-1").dump() ==
          R"({"events":[{"id":"1764086400-2","time_ms":1764086402000,"kind":"refused","text":"two"}],)"
          R"("missed":0,"last":"1764086400-2"})");
    CHECK(json_of_events(ring, "")["events"].size() == 2);
    CHECK(json_of_events(ring, "1764086400-2")["events"].empty());
}

TEST_CASE("an id of another run, or of no run, is before the first event") {
    EventRing ring(began);
    ring.put(event("one"));
    for (const char* id : {"", "1", "1764086399-1", "1764086400-", "1764086400-2", "1764086400-1x", "1764086400--1",
                           "1764086400-99999999999999999999"}) {
        CHECK(ring.number_of(id) == 0);
    }
}

TEST_CASE("the ring is bounded, and says how many are gone") {
    EventRing ring(began);
    for (std::size_t i = 0; i < limits::admin_events_kept + 7; ++i) {
        ring.put(event(std::to_string(i)));
    }
    const EventRing::Batch all = ring.after(0);
    CHECK(all.events.size() == limits::admin_events_kept);
    CHECK(all.events.front().event.text == "7");
    CHECK(all.missed == 7);
    CHECK(all.last == limits::admin_events_kept + 7);
    const EventRing::Batch few = ring.after(9, 3);
    CHECK(few.missed == 0);
    CHECK(few.last == 12);
}

TEST_CASE("a listener is told in batches, of gaps, and that the connection lives") {
    EventRing ring(began);
    EventStream stream(ring, ring.listen(), "");
    const auto start = std::chrono::steady_clock::now();
    CHECK(stream.next(start) == ":\n\n");
    CHECK(stream.next(start + limits::admin_heartbeat - 1ms).empty());
    CHECK(stream.next(start + limits::admin_heartbeat) == ":\n\n");
    ring.put(event("a\nb"), began);
    CHECK(stream.next(start) ==
          "id: 1764086400-1\ndata: {\"id\":\"1764086400-1\",\"time_ms\":1764086400000,\"kind\":\"refused\","
          "\"text\":\"a\\nb\"}\n\n");
    for (std::size_t i = 0; i < limits::admin_events_kept + 5; ++i) {
        ring.put(event(std::to_string(i)));
    }
    const std::string batch = stream.next(start);
    CHECK(batch.starts_with("event: gap\ndata: {\"missed\":5}\n\nid: 1764086400-7\n"));
    CHECK(says(batch, "id: 1764086400-106\n"));
    CHECK_FALSE(says(batch, "id: 1764086400-107\n"));
    CHECK(stream.next(start).starts_with("id: 1764086400-107\n"));
    EventStream later(ring, ring.listen(), "1764086400-1005");
    CHECK(later.next(start).starts_with("id: 1764086400-1006\n"));
}

TEST_CASE("listeners are bounded, and who goes makes room") {
    EventRing ring(began);
    std::vector<EventRing::Place> places;
    for (std::size_t i = 0; i < limits::admin_listeners_max; ++i) {
        places.push_back(ring.listen());
        CHECK(places.back());
    }
    CHECK_FALSE(ring.listen());
    places.pop_back();
    CHECK(ring.listen());
}

TEST_CASE("a refusal that repeats is one event with a count, and drives nothing else out") {
    EventRing ring(began);
    const auto refused = [&](std::string service, std::string text, std::string peer) {
        Event one = event(std::move(text));
        one.service = std::move(service);
        one.peer = std::move(peer);
        return one;
    };
    ring.put(event("other"), began);
    for (int i = 0; i < 5'000; ++i) {
        ring.put(refused("web", "taken", "192.0.2.1:" + std::to_string(i)), began + 1s * i);
    }
    ring.put(refused("web", "forbidden", "192.0.2.1:1"), began + 5'000s);
    ring.put(refused("web", "taken", "192.0.2.2:1"), began + 5'000s);
    const Json all = json_of_events(ring, "");
    REQUIRE(all["events"].size() == 4);
    CHECK(all["missed"] == 0);
    CHECK(all["events"][0]["text"] == "other");
    CHECK_FALSE(all["events"][0].contains("count"));
    CHECK(all["events"][1]["count"] == 5'000);
    CHECK(all["events"][1]["id"] == "1764086400-5001");
    CHECK(all["events"][1]["replaces"] == "1764086400-5000");
    CHECK(all["events"][1]["time_ms"] == 1'764'091'399'000);
    CHECK(all["events"][1]["first_ms"] == 1'764'086'400'000);

    ring.put(refused("web", "taken", "192.0.2.1:9"), began + 6'000s);  // who follows hears of it
    const EventRing::Batch next = ring.after(5'003);
    REQUIRE(next.events.size() == 1);
    CHECK(next.events.front().count == 5'001);
    CHECK(next.missed == 0);

    Event served = refused("web", "", "192.0.2.1:9");
    served.kind = Event::Kind::registered;
    ring.put(served);
    ring.put(refused("web", "taken", "192.0.2.1:9"));  // another time
    CHECK(ring.after(5'005).events.back().count == 1);
}

TEST_CASE("what has gone is counted also where refusals have moved") {
    EventRing ring(began);
    for (std::size_t i = 0; i < 3 * limits::admin_events_kept; ++i) {
        ring.put(event("again"));
        ring.put(event(std::to_string(i)));
    }
    // All that are kept, but the one that repeats, are of the other kind.
    CHECK(ring.after(0).missed == 2 * limits::admin_events_kept + 1);
    CHECK(ring.after(6 * limits::admin_events_kept - 2).missed == 0);
}
