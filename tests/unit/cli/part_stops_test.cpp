// Parts that stop on threads of their own.
#include "cli/part_stops.hpp"

#include <catch2/catch.hpp>
#include <future>

using ferrotunnel::cli::PartStops;

namespace {

bool returns_in_order() {
    return false;
}
bool cuts_visitors() {
    return true;
}

}  // namespace

TEST_CASE("A part has stopped when its call has returned, before that is announced", "[part_stops]") {
    PartStops stops(2);
    std::promise<void> may_return;
    std::promise<bool> notified;
    stops.begin(
        1, [wait = may_return.get_future().share()] { return wait.wait(), false; },
        [&] { notified.set_value(stops.has_stopped(1)); });
    CHECK_FALSE(stops.has_stopped(1));
    may_return.set_value();
    CHECK(notified.get_future().get());
    CHECK_FALSE(stops.has_stopped(0));
    CHECK_FALSE(stops.have_all_stopped());
    stops.begin(0, returns_in_order, [] {});
    stops.join();
    CHECK(stops.have_all_stopped());
    CHECK_FALSE(stops.has_cut_visitors());
}

TEST_CASE("A part that is stopping is hurried by another call", "[part_stops]") {
    PartStops stops(1);
    std::promise<void> hurried;
    stops.begin(
        0, [wait = hurried.get_future().share()] { return wait.wait(), true; }, [] {});
    stops.begin(
        0, [&] { return hurried.set_value(), false; }, [] {});
    stops.join();
    CHECK(stops.have_all_stopped());
    CHECK(stops.has_cut_visitors());
}

TEST_CASE("Visitors that one part cuts off are counted for all", "[part_stops]") {
    PartStops stops(2);
    stops.begin(0, cuts_visitors, [] {});
    stops.begin(1, returns_in_order, [] {});
    stops.join();
    CHECK(stops.has_cut_visitors());
}
