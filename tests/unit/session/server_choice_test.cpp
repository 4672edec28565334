// Which server each side of a link dials: every rule by itself.
#include "session/server_choice.hpp"

#include <catch2/catch.hpp>

#include "session/limits.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;
using Fit = ServerChoice::Fit;

namespace {

const net::HostPort a{"a.example", 7835};
const net::HostPort b{"b.example", 7835};
const net::HostPort c{"c.example", 7835};
constexpr TimePoint choice_start = TimePoint() + 1h;

/// What a member of the cluster {a, b, c} says in its welcome.
wire::ClusterPart welcome_of(const std::string& member) {
    wire::ClusterPart cluster{member, {}};
    for (const char* name : {"a", "b", "c"}) {
        if (name != member) {
            cluster.others.push_back({name, std::string(name) + ".example:7835"});
        }
    }
    return cluster;
}

struct ChoiceFixture {
    ferrotunnel::test::SeededRandom random{7};
    ServerChoice of(std::vector<net::HostPort> configured, unsigned sides, std::vector<net::HostPort> known = {}) {
        return ServerChoice({std::move(configured), std::move(known), sides}, random);
    }
    /// With a first side that is at `a`, a member of the cluster.
    ServerChoice at_a(std::vector<net::HostPort> configured) {
        ServerChoice choice = of(std::move(configured), 2);
        REQUIRE(choice.next(0, choice_start) == a);
        REQUIRE(choice.opened(0, welcome_of("a"), choice_start) == Fit::fits);
        return choice;
    }
};

}  // namespace

TEST_CASE("server choice: one server is dialled for ever, with a wait after each attempt") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a}, 1);
    for (int i = 0; i < 3; ++i) {
        CHECK(choice.next(0, choice_start) == a);
        choice.lost(0);
        CHECK_FALSE(choice.failed(0, choice_start));
    }
    CHECK_FALSE(choice.has_another(0, choice_start));
    CHECK_FALSE(choice.going_away(0, choice_start));
    CHECK_FALSE(choice.is_wanted(0));
}

TEST_CASE("server choice: of a list the next one is tried when one cannot be reached, and the caller waits after all") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a, b}, 1, {c});
    for (int round = 0; round < 2; ++round) {
        CHECK(choice.next(0, choice_start) == a);
        CHECK(choice.failed(0, choice_start));
        CHECK(choice.next(0, choice_start) == b);
        CHECK(choice.failed(0, choice_start));
        CHECK(choice.next(0, choice_start) == c);  // known from an earlier start
        CHECK_FALSE(choice.failed(0, choice_start));
    }
}

TEST_CASE("server choice: a server that was lost is tried first, and one that goes away last") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a, b}, 1);
    CHECK(choice.next(0, choice_start) == a);
    CHECK(choice.opened(0, std::nullopt, choice_start) == Fit::fits);
    choice.lost(0);
    CHECK(choice.next(0, choice_start) == a);
    CHECK(choice.opened(0, std::nullopt, choice_start) == Fit::fits);
    CHECK(choice.has_another(0, choice_start));
    CHECK(choice.going_away(0, choice_start));
    choice.lost(0);
    CHECK(choice.next(0, choice_start) == b);
    CHECK_FALSE(choice.failed(0, choice_start));
    CHECK(choice.next(0, choice_start) == a);
}

TEST_CASE("server choice: from a member that goes away the same name may lead to another one") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a}, 1);
    REQUIRE(choice.next(0, choice_start) == a);
    REQUIRE(choice.opened(0, wire::ClusterPart{"a", {{"b", ""}}}, choice_start) == Fit::fits);
    CHECK(choice.has_another(0, choice_start));
    CHECK_FALSE(choice.going_away(0, choice_start));
    choice.lost(0);
    CHECK_FALSE(choice.has_another(0, choice_start));
    CHECK(choice.next(0, choice_start) == a);
}

TEST_CASE("server choice: the second side is wanted at another member, in the order of the configuration") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.at_a({a, c});
    CHECK(choice.is_wanted(1));
    CHECK(choice.next(1, choice_start) == c);
    CHECK(choice.failed(1, choice_start));
    CHECK(choice.next(1, choice_start) == b);  // learned from the welcome
    CHECK(choice.opened(1, welcome_of("b"), choice_start) == Fit::fits);
    CHECK(choice.has_another(0, choice_start));
    choice.lost(0);
    CHECK(choice.is_wanted(0));
    CHECK(choice.next(0, choice_start) == a);
    CHECK(choice.failed(0, choice_start));
    CHECK(choice.next(0, choice_start) == c);  // and not the other side's
    CHECK_FALSE(choice.failed(0, choice_start));
}

TEST_CASE("server choice: without a cluster there is no second side") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a, b}, 2);
    CHECK(choice.next(0, choice_start) == a);
    CHECK(choice.opened(0, std::nullopt, choice_start) == Fit::fits);
    CHECK_FALSE(choice.is_wanted(1));
}

TEST_CASE("server choice: learned servers are those of the last welcomes, without addresses that are not known") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a}, 2, {{"old.example", 1}});
    CHECK(choice.learned() == std::vector<net::HostPort>{{"old.example", 1}});
    REQUIRE(choice.next(0, choice_start) == a);
    wire::ClusterPart welcome = welcome_of("a");
    welcome.others.back().address.clear();  // not allowed, or not known
    REQUIRE(choice.opened(0, welcome, choice_start) == Fit::fits);
    CHECK(choice.learned() == std::vector<net::HostPort>{b});
    REQUIRE(choice.next(1, choice_start) == b);
    REQUIRE(choice.opened(1, welcome_of("b"), choice_start) == Fit::fits);
    CHECK(choice.learned().size() == 2);
    REQUIRE(choice.opened(0, std::nullopt, choice_start) == Fit::foreign);  // its server is in no cluster any more
    CHECK(choice.learned().size() == 2);
}

TEST_CASE("server choice: learned servers are in an order of each client") {
    int b_first = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        ferrotunnel::test::SeededRandom random(seed);
        ServerChoice choice({{a}, {}, 2}, random);
        REQUIRE(choice.next(0, choice_start) == a);
        REQUIRE(choice.opened(0, welcome_of("a"), choice_start) == Fit::fits);
        b_first += choice.next(1, choice_start) == b ? 1 : 0;
    }
    CHECK(b_first > 25);
    CHECK(b_first < 75);
}

TEST_CASE("server choice: a server of another cluster is left, and not dialled for five minutes as a second one") {
    ChoiceFixture fixture;
    const auto others =
        GENERATE(as<std::optional<wire::ClusterPart>>{}, std::nullopt, wire::ClusterPart{"x", {{"y", ""}}});
    ServerChoice choice = fixture.at_a({a, {"x.example", 1}});
    REQUIRE(choice.next(1, choice_start) == net::HostPort{"x.example", 1});
    CHECK(choice.opened(1, others, choice_start) == Fit::foreign);
    choice.lost(1);
    const auto learned = choice.next(1, choice_start);
    CHECK((learned == b || learned == c));
    CHECK(choice.failed(1, choice_start));
    (void)choice.next(1, choice_start);
    CHECK_FALSE(choice.failed(1, choice_start));  // x is not due
    const TimePoint later = choice_start + limits::foreign_server_again;
    CHECK(choice.next(1, later) == net::HostPort{"x.example", 1});
}

TEST_CASE("server choice: a foreign server is as good as any while nothing is open") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.at_a({a, b});
    REQUIRE(choice.next(1, choice_start) == b);
    CHECK(choice.opened(1, std::nullopt, choice_start) == Fit::foreign);
    choice.lost(1);
    choice.lost(0);
    CHECK(choice.next(0, choice_start) == a);
    CHECK(choice.failed(0, choice_start));
    bool tried_b = false;
    for (int i = 0; i < 2; ++i) {
        tried_b = tried_b || choice.next(0, choice_start) == b;
        (void)choice.failed(0, choice_start);
    }
    CHECK(tried_b);
}

TEST_CASE("server choice: an address that leads to the other side's server is dialled again later and later") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a}, 2);
    REQUIRE(choice.next(0, choice_start) == a);
    REQUIRE(choice.opened(0, wire::ClusterPart{"a", {{"b", ""}}}, choice_start) == Fit::fits);
    TimePoint now = choice_start;
    Duration last{};
    for (int i = 0; i < 20; ++i) {
        REQUIRE(choice.next(1, now) == a);  // its name may have several servers
        choice.lost(1);
        choice.occupied(1, now);
        REQUIRE_FALSE(choice.next(1, now));
        const Duration wait = choice.again_at(1) - now;
        CHECK(wait >= limits::occupied_server_again);
        CHECK(wait <= 2 * limits::occupied_server_again_max);
        last = wait;
        now += wait;
    }
    CHECK(last >= limits::occupied_server_again_max);
    REQUIRE(choice.next(1, now) == a);
    CHECK(choice.opened(1, welcome_of("b"), now) == Fit::fits);
}

TEST_CASE("server choice: the other side's address is not dialled while there is another one") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.at_a({a});
    for (int i = 0; i < 6; ++i) {
        const auto next = choice.next(1, choice_start);
        CHECK((next == b || next == c));
        (void)choice.failed(1, choice_start);
    }
}

TEST_CASE("server choice: another address of the same member is left") {
    ChoiceFixture fixture;
    const net::HostPort alias{"alias.example", 7835};
    ServerChoice choice = fixture.at_a({a, alias});
    REQUIRE(choice.next(1, choice_start) == alias);
    CHECK(choice.opened(1, welcome_of("a"), choice_start) == Fit::occupied);
    choice.lost(1);
    const auto next = choice.next(1, choice_start);
    CHECK((next == b || next == c));
}

TEST_CASE("server choice: a side whose server goes away dials one that no side has") {
    ChoiceFixture fixture;
    ServerChoice choice = fixture.of({a, b}, 2);
    REQUIRE(choice.next(0, choice_start) == a);
    REQUIRE(choice.opened(0, welcome_of("a"), choice_start) == Fit::fits);
    REQUIRE(choice.next(1, choice_start) == b);
    REQUIRE(choice.opened(1, welcome_of("b"), choice_start) == Fit::fits);
    choice.lost(1);
    CHECK(choice.going_away(1, choice_start));  // to c
    CHECK(choice.next(1, choice_start) == c);
}

TEST_CASE("server choice: of a cluster with more members than a welcome names, each may be the second one") {
    ChoiceFixture fixture;
    const auto many = [](const std::string& member, const std::string& others, std::size_t count) {
        wire::ClusterPart cluster{member, {}};
        for (std::size_t i = 0; i < count; ++i) {
            cluster.others.push_back({others + std::to_string(i), {}});
        }
        return cluster;
    };
    for (const std::size_t count : {limits::cluster_others_max, limits::cluster_others_max - 1}) {
        ServerChoice choice = fixture.of({a, b}, 2);
        REQUIRE(choice.next(0, choice_start) == a);
        REQUIRE(choice.opened(0, many("a", "m", limits::cluster_others_max), choice_start) == Fit::fits);
        REQUIRE(choice.next(1, choice_start) == b);
        CHECK(choice.opened(1, many("b", "n", count), choice_start) ==
              (count == limits::cluster_others_max ? Fit::fits : Fit::foreign));
    }
}
