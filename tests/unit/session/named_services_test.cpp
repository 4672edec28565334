#include "session/named_services.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "session/limits.hpp"
#include "session/visit_rate_limiter.hpp"
#include "support/eventually.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;

namespace {

login::TokenId token_number(std::uint8_t number) {
    login::TokenId id{};
    id.back() = number;
    return id;
}

}  // namespace

TEST_CASE("visit pace: a token has one pace, however many connections it has, and others have theirs") {
    VisitRateLimiter pace({10, 5});
    const TimePoint now{1'000s};
    for (int i = 0; i < 10; ++i) {
        CHECK(pace.take(token_number(1), now));
    }
    CHECK_FALSE(pace.take(token_number(1), now));
    CHECK(pace.take(token_number(2), now));
    CHECK(pace.take(token_number(1), now + 200ms));
    CHECK_FALSE(pace.take(token_number(1), now + 200ms));
}

TEST_CASE("visit pace: tokens that have not visited for a while are forgotten") {
    VisitRateLimiter pace({10, 5});
    TimePoint now{1'000s};
    login::TokenId id{};
    for (std::size_t i = 0; i < 3 * VisitRateLimiter::kept_max; ++i) {
        id[0] = static_cast<std::uint8_t>(i);
        id[1] = static_cast<std::uint8_t>(i >> 8U);
        CHECK(pace.take(id, now));
        now += 10ms;
    }
    CHECK(pace.kept() <= VisitRateLimiter::kept_max);
}

TEST_CASE("visit pace: so many tokens are counted, and visits of more are not refused") {
    VisitRateLimiter pace({1, 1});
    const TimePoint now{1'000s};
    const auto token = [](std::size_t i) {
        login::TokenId id{};
        id[0] = static_cast<std::uint8_t>(i);
        id[1] = static_cast<std::uint8_t>(i >> 8U);
        return id;
    };
    for (std::size_t i = 0; i < VisitRateLimiter::kept_max; ++i) {
        CHECK(pace.take(token(i), now));
    }
    CHECK(pace.kept() == VisitRateLimiter::kept_max);
    const login::TokenId more = token(VisitRateLimiter::kept_max);
    CHECK(pace.take(more, now));
    CHECK(pace.take(more, now));
    CHECK(pace.kept() == VisitRateLimiter::kept_max);
    CHECK_FALSE(pace.take(token(0), now));
    CHECK(pace.take(more, now + 1s));  // the others have not visited for a while
    CHECK_FALSE(pace.take(more, now + 1s));
    CHECK(pace.kept() == 1);
}

TEST_CASE("named services: of one name, however many carry it, a look-up has a few, in turn") {
    const auto services = std::make_shared<NamedServices>();
    const std::uint32_t count = 1'000;
    std::vector<std::unique_ptr<NamedServices::Place>> places;
    for (std::uint32_t id = 1; id <= count; ++id) {
        places.push_back(services->add(token_number(1), "", {{}, id, wire::ServiceKind::private_tcp, "aaa"}));
    }
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 0; i < count; i += limits::named_carriers_max) {
        const std::vector<NamedCarrier> found = services->called(token_number(1), "AAA");
        CHECK(found.size() == limits::named_carriers_max);
        for (const NamedCarrier& one : found) {
            seen.insert(one.service);
        }
    }
    CHECK(seen.size() == count);
    places.resize(limits::named_carriers_max);
    CHECK(services->called(token_number(1), "aaa").size() == limits::named_carriers_max);
    places.resize(limits::named_carriers_max - 1);
    CHECK(services->called(token_number(1), "aaa").size() == limits::named_carriers_max - 1);
}

TEST_CASE("named services: visits mean private ones by their exact name, and look at no others") {
    const auto services = std::make_shared<NamedServices>();
    const auto add = [&](std::uint32_t id, wire::ServiceKind kind, const std::string& name) {
        return services->add(token_number(1), "bob", {{}, id, kind, name});
    };
    const auto other = add(1, wire::ServiceKind::private_tcp, "aaa");
    const auto exact = add(2, wire::ServiceKind::private_tcp, "AAA");
    const auto port = add(3, wire::ServiceKind::tcp, "AAA");
    const auto found = services->visited(token_number(1), "AAA");
    REQUIRE(found.size() == 1);
    CHECK(found.front().service == 2);
    CHECK(services->visited(token_number(1), "Aaa").empty());
    CHECK(services->visited(token_number(1), "AAA.bob").empty());
    CHECK(services->called(token_number(1), "aAa").size() == 3);
    CHECK(services->called(token_number(1), "aAa.BOB").size() == 3);
}

TEST_CASE("named services: those whose place another trunk has taken come last") {
    const auto services = std::make_shared<NamedServices>();
    const auto add = [&](std::uint32_t id) {
        return services->add(token_number(1), "", {{}, id, wire::ServiceKind::private_tcp, "db"});
    };
    const auto before = add(1);
    before->set_outgoing();
    CHECK(services->visited(token_number(1), "db").at(0).service == 1);
    auto after = add(2);
    REQUIRE(services->visited(token_number(1), "db").size() == 1);
    CHECK(services->visited(token_number(1), "db").at(0).service == 2);
    CHECK(services->called(token_number(1), "db").at(0).service == 2);
    after.reset();
    CHECK(services->visited(token_number(1), "db").at(0).service == 1);
}

TEST_CASE("named services: found by token and name, in any case of letters, while a trunk carries them") {
    ServerRig rig;
    const auto add_private = [](WireClient& client, const std::string& name) {
        wire::Service service;
        service.id = 7;
        service.kind = wire::ServiceKind::private_tcp;
        service.name = name;
        client.register_services({&service, 1});
        (void)client.registered();
    };
    const auto called = [&rig](const std::string& name) {
        return rig.shared->named->called(login::token_id(rig.token.key), name);
    };
    WireClient one = rig.log_in();
    add_private(one, "Big.Data");
    WireClient other = rig.log_in({.instance = 2});
    add_private(other, "other");
    REQUIRE(called("big.data").size() == 1);
    CHECK(called("BIG.DATA").at(0).name == "Big.Data");
    CHECK(called("big.data").at(0).service == 7);
    CHECK(called("big.data").at(0).kind == wire::ServiceKind::private_tcp);
    CHECK(called("big.data").at(0).session.lock() == rig.sessions.at(0));
    CHECK(called("other").at(0).session.lock() == rig.sessions.at(1));
    CHECK(called("big").empty());
    CHECK(rig.shared->named->called(token_number(1), "other").empty());
    SECTION("the service is removed") {
        one.unregister(7);
    }
    SECTION("its client has gone") {
        one.close();
    }
    CHECK(ferrotunnel::test::eventually([&] { return called("big.data").empty(); }));
    CHECK(called("other").size() == 1);
}
