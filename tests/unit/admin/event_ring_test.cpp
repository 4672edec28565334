#include "admin/event_ring.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

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
        ring.put(event("x"));
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
