#include "session/backoff.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;

namespace {

// Gives always the smallest or always the largest number.
class ExtremeRandom final : public Random {
public:
    explicit ExtremeRandom(bool high) : high_(high) {}
    void fill(MutableBytes out) override {
        // `below(n)` is a remainder, so the largest answer needs the value n - 1: given as next().
        store_be<8>(out.data(), high_ ? largest : 0);
    }
    std::uint64_t largest = 0;

private:
    bool high_;
};

std::vector<Duration> waits(std::uint64_t seed, int count) {
    ferrotunnel::test::SeededRandom random(seed);
    Backoff backoff(random);
    std::vector<Duration> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(backoff.next_wait());
    }
    return all;
}

}  // namespace

TEST_CASE("every wait lies between the first and the longest") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Duration ceiling = 2 * limits::backoff_first;
        for (Duration wait : waits(seed, 30)) {
            REQUIRE(wait >= limits::backoff_first);
            REQUIRE(wait <= std::min<Duration>(ceiling, limits::backoff_max));
            ceiling = std::min<Duration>(2 * ceiling, limits::backoff_max);
        }
    }
}

TEST_CASE("waits reach both ends of their range") {
    ExtremeRandom low(false);
    Backoff shortest(low);
    for (int i = 0; i < 10; ++i) {
        CHECK(shortest.next_wait() == limits::backoff_first);
    }
    ExtremeRandom high(true);
    Backoff longest(high);
    for (Duration ceiling : std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
        high.largest = static_cast<std::uint64_t>((ceiling - Duration(limits::backoff_first)).count());
        CHECK(longest.next_wait() == ceiling);
    }
}

TEST_CASE("waits spread: clients that were lost together do not come back together") {
    std::vector<Duration> first;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        first.push_back(waits(seed, 1).front());
    }
    // A thousand clients spread over half a second: no tenth of it holds more than twice its share.
    for (int tenth = 0; tenth < 10; ++tenth) {
        Duration from = limits::backoff_first + tenth * 50ms;
        auto inside = std::count_if(first.begin(), first.end(),
                                    [&](Duration wait) { return wait >= from && wait < from + 50ms; });
        CHECK(inside < 200);
    }
}

TEST_CASE("the same seed gives the same waits") {
    CHECK(waits(42, 20) == waits(42, 20));
}

TEST_CASE("a session that lived long enough starts the waits over") {
    ExtremeRandom high(true);
    Backoff backoff(high);
    auto longest_wait = [&](Duration ceiling) {
        high.largest = static_cast<std::uint64_t>((ceiling - Duration(limits::backoff_first)).count());
        return backoff.next_wait();
    };
    CHECK(longest_wait(1s) == 1s);
    CHECK(longest_wait(2s) == 2s);
    backoff.session_ended(limits::backoff_forget_after - 1ms);
    CHECK(longest_wait(4s) == 4s);
    backoff.session_ended(limits::backoff_forget_after);
    CHECK(longest_wait(1s) == 1s);
}

TEST_CASE("other bounds hold as well, also when both are one") {
    ferrotunnel::test::SeededRandom random(3);
    Backoff constant(random, {10ms, 10ms, 1s});
    for (int i = 0; i < 5; ++i) {
        CHECK(constant.next_wait() == 10ms);
    }
    Backoff endless(random, {1s, Duration::max() / 2, 1s});
    for (int i = 0; i < 200; ++i) {
        CHECK(endless.next_wait() >= 1s);
    }
}

TEST_CASE("after a goodbye in order a client is back almost at once, then soon, then as after any loss") {
    ferrotunnel::test::SeededRandom random(3);
    TimePoint now = TimePoint{} + 1h;
    Duration longest{};
    Duration shortest = 1h;
    for (int client = 0; client < 1'000; ++client) {  // of one server
        Backoff backoff(random);
        backoff.on_goaway(now);
        const Duration first = backoff.next_wait();
        REQUIRE(first <= 200ms);
        longest = std::max(longest, first);
        shortest = std::min(shortest, first);
        Duration all = first;
        for (unsigned attempt = 1; attempt < Backoff::Settings().quick_retries; ++attempt) {
            const Duration next = backoff.next_wait();
            REQUIRE(next >= 200ms);
            REQUIRE(next <= 600ms);
            all += next;
        }
        REQUIRE(all <= 5s);
        REQUIRE(backoff.next_wait() >= limits::backoff_first);
    }
    CHECK(longest > 190ms);  // the clients spread
    CHECK(shortest < 10ms);
}

TEST_CASE("one goodbye that comes on each connection of a tunnel is one") {
    ferrotunnel::test::SeededRandom random(3);
    Backoff backoff(random);
    const TimePoint now = TimePoint{} + 1h;
    for (int connection = 0; connection < 16; ++connection) {
        backoff.on_goaway(now + connection * 1ms);
    }
    CHECK(backoff.next_wait() <= 200ms);
    CHECK(backoff.next_wait() <= 600ms);
    backoff.on_goaway(now + 5s);
    CHECK(backoff.next_wait() >= limits::backoff_first);
}

TEST_CASE("a server that says goodbye all the time is given no short waits") {
    ferrotunnel::test::SeededRandom random(3);
    Backoff backoff(random);
    TimePoint now = TimePoint{} + 1h;
    backoff.on_goaway(now);
    CHECK(backoff.next_wait() <= 200ms);
    for (int i = 0; i < 10; ++i) {
        now += 9s;
        backoff.on_goaway(now);
        CHECK(backoff.next_wait() >= limits::backoff_first);
    }
    now += limits::backoff_forget_after;
    backoff.on_goaway(now);
    CHECK(backoff.next_wait() <= 200ms);
}
