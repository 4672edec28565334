#include "mux/receive_window.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "base/units.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace std::chrono_literals;

namespace {

constexpr WindowRules rules{64_KiB, 32_MiB};
constexpr std::uint64_t plenty = 1'000_MiB;
constexpr TimePoint start = TimePoint{} + 1000h;

}  // namespace

TEST_CASE("a receive window takes exactly what it has granted") {
    ReceiveWindow window(1'000, start);
    REQUIRE(window.receive(900, start));
    REQUIRE_FALSE(window.receive(101, start));
    REQUIRE(window.outstanding() == 100);
    REQUIRE(window.receive(100, start));
    REQUIRE_FALSE(window.receive(1, start));
}

TEST_CASE("credit goes back at a quarter of the window, and not before") {
    ReceiveWindow window(256_KiB, start);
    REQUIRE(window.receive(256_KiB, start));
    REQUIRE(window.next_grant_at(rules, false) == 64_KiB);
    REQUIRE(window.grant(rules, 64_KiB - 1, plenty, start) == 0);
    REQUIRE(window.grant(rules, 64_KiB, plenty, start) == 64_KiB);
    REQUIRE(window.granted() == 320_KiB);
    REQUIRE(window.grant(rules, 64_KiB, plenty, start) == 0);
}

TEST_CASE("what was taken between two grants is merged into one") {
    ReceiveWindow window(256_KiB, start);
    REQUIRE(window.receive(200_KiB, start));
    REQUIRE(window.grant(rules, 200_KiB, plenty, start) == 200_KiB);
    REQUIRE(window.outstanding() == 256_KiB);
}

TEST_CASE("a small window gives credit back in no smaller pieces than 16 KiB or half of itself") {
    ReceiveWindow first(64_KiB, start);
    REQUIRE(first.next_grant_at(rules, false) == 16_KiB);
    ReceiveWindow small(24_KiB, start);
    REQUIRE(small.next_grant_at(rules, false) == 12_KiB);
    ReceiveWindow tight(8_KiB, start);
    REQUIRE(tight.next_grant_at(rules, false) == 4_KiB);
}

TEST_CASE("the mark for the next grant is where a grant gives something") {
    for (std::uint64_t size : {4_KiB, 8_KiB, 40_KiB, 64_KiB, 256_KiB, 8_MiB}) {
        ReceiveWindow window(static_cast<std::uint32_t>(size), start);
        REQUIRE(window.receive(size, start));
        std::uint64_t mark = window.next_grant_at(rules, false);
        REQUIRE(mark > 0);
        REQUIRE(mark <= size);
        REQUIRE(window.grant(rules, mark - 1, plenty, start) == 0);
        REQUIRE(window.grant(rules, mark, plenty, start) > 0);
        REQUIRE(window.next_grant_at(rules, false) > mark);
    }
}

TEST_CASE("when everything was taken a sender is never left with less than it waits for") {
    // docs/protocol.md, section 4: 64 + 1,024.
    for (std::uint64_t size = limits::first_window_min; size < 200'000; size += 1'371) {
        ReceiveWindow window(static_cast<std::uint32_t>(size), start);
        std::uint64_t taken = 0;
        for (std::uint64_t step : {65ULL, 1'088ULL, 2'000ULL, 3'333ULL, 700ULL, 4'000ULL, 1'500ULL}) {
            std::uint64_t cost = std::min<std::uint64_t>(step, window.outstanding());
            REQUIRE(window.receive(cost, start));
            taken += cost;
            window.grant(rules, taken, plenty, start);
            REQUIRE(window.outstanding() >= 1'088);
        }
    }
}

TEST_CASE("BLOCKED grows the window to a few times what was taken in a round trip") {
    GrowthSample last;
    constexpr Duration rtt = 100ms;
    ReceiveWindow window(64_KiB, start);
    TimePoint now = start;
    REQUIRE(window.receive(64_KiB, now));
    REQUIRE(window.grow(rules, 64_KiB, plenty, rtt, now, last));
    REQUIRE(window.size() == 128_KiB);

    SECTION("at most once per half of a round trip") {
        REQUIRE_FALSE(window.grow(rules, 64_KiB, plenty, rtt, now + rtt / 2 - 1us, last));
        REQUIRE(window.size() == 128_KiB);
    }
    SECTION("doubling at most, by four times the rate") {
        std::uint64_t taken = 64_KiB;
        REQUIRE(window.grant(rules, taken, plenty, now) == 128_KiB);
        now += rtt;
        REQUIRE(window.receive(128_KiB, now));
        taken += 128_KiB;
        REQUIRE(window.grow(rules, taken, plenty, rtt, now, last));
        REQUIRE(window.size() == 256_KiB);
    }
    SECTION("a sender that is slow in itself does not grow it") {
        now += 10 * rtt;
        REQUIRE(window.grant(rules, 64_KiB, plenty, now) == 128_KiB);
        REQUIRE(window.receive(64_KiB, now));
        REQUIRE_FALSE(window.grow(rules, 128_KiB, plenty, rtt, now, last));
        REQUIRE(window.size() == 128_KiB);
    }
    SECTION("never beyond what the budget has left") {
        std::uint64_t taken = 64_KiB;
        REQUIRE(window.grant(rules, taken, plenty, now) == 128_KiB);
        now += rtt;
        REQUIRE(window.receive(128_KiB, now));
        REQUIRE(window.grow(rules, taken + 128_KiB, 10'000, rtt, now, last));
        REQUIRE(window.size() == 128_KiB + 10'000);
    }
}

TEST_CASE("a window never grows beyond the largest one") {
    constexpr WindowRules small{64_KiB, 100'000};
    ReceiveWindow window(64_KiB, start);
    GrowthSample last;
    REQUIRE(window.receive(64_KiB, start));
    REQUIRE(window.grow(small, 64_KiB, plenty, 1ms, start, last));
    REQUIRE(window.size() == 100'000);
    REQUIRE_FALSE(window.grow(small, 64_KiB, plenty, 1ms, start + 1s, last));
}

TEST_CASE("an unused window shrinks by giving back less") {
    ReceiveWindow window(64_KiB, start);
    window.raise(1'000'000);
    std::uint64_t taken = 0;
    TimePoint now = start;
    auto pass = [&](std::uint64_t cost) {
        REQUIRE(window.receive(cost, now));
        taken += cost;
        return window.grant(rules, taken, plenty, now);
    };
    pass(64_KiB);
    REQUIRE(window.outstanding() == 1'000'000);

    SECTION("by half after 10 s without BLOCKED") {
        now += limits::window_shrink_after;
        pass(400'000);
        REQUIRE(window.size() == 500'000);
        REQUIRE(window.outstanding() == 600'000);  // credit that was granted stays granted
        pass(400'000);
        REQUIRE(window.outstanding() == 500'000);
        now += limits::window_shrink_after;
        pass(400'000);
        REQUIRE(window.size() == 250'000);
    }
    SECTION("to the first window after 30 s without data") {
        now += limits::window_reset_after;
        REQUIRE(window.grant(rules, taken, plenty, now) == 0);
        REQUIRE(window.size() == 64_KiB);
    }
    SECTION("never below the first window") {
        for (int i = 0; i < 10; ++i) {
            now += limits::window_shrink_after;
            pass(1);
        }
        REQUIRE(window.size() == 64_KiB);
    }
}

TEST_CASE("without room in the budget credit goes back up to the first window only") {
    ReceiveWindow window(64_KiB, start);
    window.raise(512_KiB);
    REQUIRE(window.receive(64_KiB, start));
    REQUIRE(window.grant(rules, 64_KiB, 0, start) == 64_KiB);
    REQUIRE(window.committed(rules) == 0);
    SECTION("and with a little room, so much more") {
        REQUIRE(window.grant(rules, 64_KiB, 100'000, start) == 100'000);
        REQUIRE(window.committed(rules) == 100'000);
    }
}

TEST_CASE("what is granted and unused beyond a first window is committed") {
    ReceiveWindow window(64_KiB, start);
    REQUIRE(window.committed(rules) == 0);
    window.raise(256_KiB);
    REQUIRE(window.grant(rules, 0, plenty, start) == 192_KiB);
    REQUIRE(window.committed(rules) == 192_KiB);
    REQUIRE(window.receive(100_KiB, start));
    REQUIRE(window.committed(rules) == 92_KiB);
}

TEST_CASE("outstanding credit never passes 2^31") {
    constexpr WindowRules huge{64_KiB, 0xffff'ffff};
    ReceiveWindow window(64_KiB, start);
    window.raise(0xffff'ffff);
    std::uint64_t granted = 64_KiB;
    for (int i = 0; i < 4; ++i) {
        granted += window.grant(huge, 0, UINT64_MAX / 2, start);
    }
    REQUIRE(granted == window.granted());
    REQUIRE(window.outstanding() <= limits::credit_outstanding_max);
}
