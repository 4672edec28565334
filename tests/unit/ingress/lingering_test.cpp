// Who lingers for how long, with time as a value; tests of connections have the sockets.
#include "ingress/lingering.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "exchange/http_settings.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace std::chrono_literals;

namespace {

struct Visitor final : Lingering::Member {
    int cuts = 0;

private:
    void cut_lingering() noexcept override { ++cuts; }
};

struct Rig {
    Rig() {
        settings.linger_timeout = 5s;
        settings.linger_bytes = 1'000;
    }
    ~Rig() {
        for (Visitor& visitor : visitors) {
            lingering.end(visitor);
        }
    }

    TimePoint begin(std::size_t i) { return lingering.begin(visitors.at(i), settings, now); }
    TimePoint discarded(std::size_t i, std::uint64_t bytes) {
        return lingering.discarded(visitors.at(i), bytes, settings, now);
    }

    exchange::EdgeSettings settings;
    Lingering lingering;
    std::array<Visitor, 3> visitors;
    TimePoint now = TimePoint() + 1h;
};

}  // namespace

TEST_CASE("lingering: a time without a byte, and a time in all") {
    Rig rig;
    const TimePoint began = rig.now;
    CHECK(rig.begin(0) == began + 5s);
    rig.now += 4s;
    CHECK(rig.discarded(0, 1) == rig.now + 5s);
    rig.now = began + 26s;
    CHECK(rig.discarded(0, 1) == began + limits::http_linger_timeout);
    SECTION("or the setting, where that is longer") {
        rig.settings.linger_timeout = 40s;
        rig.now = began;
        CHECK(rig.begin(1) == began + 40s);
        rig.now += 39s;
        CHECK(rig.discarded(1, 1) == began + 40s);
    }
}

TEST_CASE("lingering: while the worker drains, the time in all is that without a byte") {
    Rig rig;
    const TimePoint began = rig.now;
    rig.begin(0);
    rig.lingering.shorten_all(rig.settings, began);
    rig.begin(1);
    rig.now += 4s;
    CHECK(rig.discarded(0, 1) == began + 5s);
    CHECK(rig.discarded(1, 1) == began + 5s);
}

TEST_CASE("lingering: beyond the bytes of all, the one that has lingered longest is cut, once") {
    Rig rig;
    rig.begin(0);
    rig.begin(1);
    rig.begin(2);
    CHECK(rig.discarded(1, 600) != never);
    CHECK(rig.discarded(2, 400) != never);
    CHECK(rig.visitors[0].cuts == 0);
    CHECK(rig.discarded(2, 1) != never);
    CHECK(rig.visitors[0].cuts == 1);
    CHECK(rig.lingering.size() == 2);
    CHECK(rig.discarded(0, 5'000) == never);  // what it still sends is not counted
    CHECK(rig.discarded(2, 1) != never);
    CHECK(rig.visitors[1].cuts == 1);  // and has taken its 600 along
    CHECK(rig.discarded(2, 598) != never);
    CHECK(rig.discarded(2, 1) == never);
    CHECK(rig.visitors[2].cuts == 1);
    CHECK(rig.lingering.size() == 0);
    rig.begin(0);
    CHECK(rig.discarded(0, 1'000) != never);  // nothing is left of what others had
    CHECK(rig.visitors[0].cuts == 1);
}
