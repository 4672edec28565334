#include "session/named_services.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "session/visit_pace.hpp"
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
    VisitPace pace({10, 5});
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
    VisitPace pace({10, 5});
    TimePoint now{1'000s};
    login::TokenId id{};
    for (std::size_t i = 0; i < 3 * VisitPace::kept_max; ++i) {
        id[0] = static_cast<std::uint8_t>(i);
        id[1] = static_cast<std::uint8_t>(i >> 8U);
        CHECK(pace.take(id, now));
        now += 10ms;
    }
    CHECK(pace.kept() <= VisitPace::kept_max);
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
