// The services of a trunk: kept, counted, forgotten.
#include "session/service_table.hpp"

#include <catch2/catch.hpp>

#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using Kind = wire::ServiceKind;

TEST_CASE("service table: an id that is registered again is another registration") {
    SessionParts parts;
    const auto wanted = SessionParts::described(1, Kind::tcp);
    const std::uint64_t first = parts.table.keep(wanted).registration;
    CHECK(parts.table.find(1, first) != nullptr);
    CHECK(parts.table.erase(1).name == "web");
    CHECK(parts.table.find(1, first) == nullptr);
    CHECK(parts.table.keep(wanted).registration != first);
    CHECK(parts.table.find(1, first) == nullptr);
    parts.table.forget(1);
    parts.table.forget(1);
    CHECK(parts.table.size() == 0);
}

TEST_CASE("service table: it is idle without ports, hosts and private services that can be found") {
    SessionParts parts;
    CHECK(parts.table.is_idle());
    parts.table.keep(SessionParts::described(1, Kind::tcp));
    CHECK(parts.table.is_idle());
    SessionService& service = parts.table.keep(SessionParts::described(2, Kind::private_tcp));
    CHECK_FALSE(parts.table.is_idle());
    service.awaited = std::make_shared<const ServicePlace>();
    CHECK(parts.table.is_idle());
}

TEST_CASE("service table: what its services take is added up") {
    SessionParts parts;
    parts.table.keep(SessionParts::described(1, Kind::http)).names = {{"a.example", "/api"}, {"b.example", ""}};
    parts.table.keep(SessionParts::described(2, Kind::tcp)).names = {directory::ClaimName(80)};
    CHECK(parts.table.name_bytes() == 9 + 4 + 9);
    CHECK(parts.table.rule_bytes() == 0);
}

TEST_CASE("service table: claims are released unless another service needs them, and all when it closes") {
    SessionParts parts;
    parts.admit();
    parts.run([&] {
        auto& registry = *parts.shared->registry;
        const auto claims = [&] { return registry.tunnels().at(0).claims.size(); };
        const directory::ClaimName name(20'000);
        const auto claimed = registry.claim(parts.facts.key, 1, name, parts.worker.now());
        CHECK(std::holds_alternative<directory::Granted>(claimed));
        SessionService& service = parts.table.keep(SessionParts::described(1, Kind::tcp));
        service.names = {name};
        service.awaited = std::make_shared<const ServicePlace>();
        parts.table.release_unwanted({name});
        CHECK(claims() == 1);
        parts.view.change([](SessionView& view) { view.services.emplace_back(); });
        parts.table.close_all();
        CHECK(claims() == 0);
        CHECK(parts.table.size() == 0);
        CHECK(parts.view.copy().services.empty());
    });
}

TEST_CASE("service table: a member of a group is kept with its terms, as far as its client knows them") {
    SessionParts parts;
    wire::Service wanted = SessionParts::described(1, Kind::tcp);
    wanted.group.name = "pool";
    wanted.group.eject.failures = 3;
    const SessionService& known = parts.table.keep(wanted);
    REQUIRE(known.membership);
    CHECK(known.membership->eject.failures == 3);
    CHECK(known.owner(parts.facts.client) == known.membership->group);
    CHECK(known.number() == 0);
    parts.facts.agreement.features = 0;
    wanted.id = 2;
    CHECK(parts.table.keep(wanted).membership->eject.failures == 0);
}
