// Tests which values a FairQueue drops, and in which order it returns them. The plugins' own tests show the effects for
// visitors.
#include "common/fair_queue.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "common/share_keys.hpp"

using ferrotunnel::plugins::FairQueue;
using ferrotunnel::plugins::Share;
using ferrotunnel::plugins::ShareKeys;

namespace {

std::string popped(FairQueue<std::string>& queue) {
    std::string all;
    while (!queue.empty()) {
        all += queue.pop() + " ";
    }
    return all;
}

}  // namespace

TEST_CASE("fair queue: groups take turns, and so do the members of one", "[plugins][fair]") {
    FairQueue<std::string> queue;
    for (const char* const value : {"a1", "a2", "a3", "a4"}) {
        queue.push({1, 1}, value);
    }
    queue.push({1, 2}, "b1");
    queue.push({2, 1}, "c1");
    queue.push({2, 1}, "c2");
    REQUIRE(queue.oldest() != nullptr);
    CHECK(*queue.oldest() == "a1");
    CHECK(popped(queue) == "a1 c1 b1 c2 a2 a3 a4 ");
    CHECK(queue.oldest() == nullptr);
}

TEST_CASE("fair queue: the newest of the largest share gives way to a smaller one", "[plugins][fair]") {
    FairQueue<std::string> queue;
    CHECK_FALSE(queue.make_room({1, 1}));
    queue.push({1, 1}, "a1");
    queue.push({1, 2}, "b1");
    queue.push({1, 2}, "b2");
    queue.push({1, 2}, "b3");
    CHECK_FALSE(queue.make_room({1, 2}));
    CHECK(queue.make_room({2, 1}).value() == "b3");
    queue.push({2, 1}, "c1");
    CHECK(queue.make_room({2, 1}).value() == "b2");
    queue.push({2, 1}, "c2");
    CHECK_FALSE(queue.make_room({2, 1}));            // two each
    CHECK(queue.make_room({2, 2}).value() == "c2");  // within its group
    queue.push({2, 2}, "d1");
    CHECK_FALSE(queue.make_room({2, 3}));  // one each
    CHECK(popped(queue) == "a1 c1 b1 d1 ");
}

TEST_CASE("fair queue: of news the oldest gives way, of the own share where no other is larger", "[plugins][fair]") {
    FairQueue<std::string> queue;
    CHECK_FALSE(queue.make_room_of_oldest({1, 1}));
    for (const char* const value : {"a1", "a2", "a3"}) {
        queue.push({1, 1}, value);
    }
    CHECK(queue.make_room_of_oldest({1, 1}).value() == "a1");
    CHECK(queue.make_room_of_oldest({2, 1}).value() == "a2");
    queue.push({2, 1}, "b1");
    CHECK_FALSE(queue.make_room_of_oldest({3, 1}));
    CHECK(queue.pop_oldest() == "a3");
    CHECK(popped(queue) == "b1 ");
}

TEST_CASE("fair queue: nothing is lost or invented by any order of calls", "[plugins][fair]") {
    std::mt19937 random(42);
    FairQueue<int> queue;
    int put = 0;
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        const Share share{random() % 5, random() % 7};
        switch (random() % 6) {
            case 0:
                taken += queue.empty() ? 0 : (queue.pop(), 1);
                break;
            case 1:
                taken += queue.empty() ? 0 : (queue.pop_oldest(), 1);
                break;
            case 2:
                taken += queue.make_room(share) ? 1 : 0;
                break;
            case 3:
                taken += queue.make_room_of_oldest(share) ? 1 : 0;
                break;
            default:
                queue.push(share, i);
                ++put;
        }
        REQUIRE(queue.size() == static_cast<std::size_t>(put - taken));
    }
    while (!queue.empty()) {
        (void)queue.pop();
        ++taken;
    }
    CHECK(put == taken);
}

TEST_CASE("shares: by kind and name, and by IPv4 /24 and IPv6 /48", "[plugins][fair]") {
    const ShareKeys keys;
    const auto of = [&keys](const char* kind, const char* group, const char* address) {
        return keys.of(kind, group, address);
    };
    const Share one = of("connect", "team", "192.0.2.1");
    CHECK(one == of("connect", "team", "192.0.2.255"));
    CHECK(one.group == of("connect", "team", "192.0.3.1").group);
    CHECK(one.member != of("connect", "team", "192.0.3.1").member);
    CHECK(one.group != of("connect", "other", "192.0.2.1").group);
    CHECK(one.group != of("login", "team", "192.0.2.1").group);
    CHECK(of("connect", "team", "2001:db8:1:2::3") == of("connect", "team", "2001:db8:1:ffff::1"));
    CHECK(of("connect", "team", "2001:db8:1::").member != of("connect", "team", "2001:db8:2::").member);
    CHECK(of("connect", "team", "::ffff:192.0.2.9") == one);
    CHECK(of("connect", "team", "") == of("connect", "team", ""));
}
