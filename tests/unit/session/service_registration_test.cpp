// Registrations of services: what is refused, and the way from a request to an open service.
#include "session/service_registration.hpp"

#include <catch2/catch.hpp>

#include "support/eventually.hpp"
#include "unit/session/session_parts.hpp"
#include "wire/group_words.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;
using wire::Code;
using Kind = wire::ServiceKind;

TEST_CASE("service registration: a port is claimed, opened and confirmed") {
    SessionParts parts;
    parts.admit();
    wire::Service wanted = SessionParts::described(1, Kind::tcp);
    parts.run([&] { parts.registration.register_service(5, wanted); });
    const auto first = parts.run([&] { return parts.registered(); });
    REQUIRE(first.size() == 1);
    const std::uint16_t port = first.front().port;
    CHECK(port != 0);
    CHECK(parts.view.port_of(Kind::tcp, "web") == port);
    // A port that was asked for is claimed before it is opened, by way of the worker.
    parts.run([&] {
        parts.table.leave(parts.table.at(1));
        parts.table.forget(1);
        wanted.id = 2;
        wanted.remote_port = port;
        parts.registration.register_service(6, wanted);
    });
    CHECK(eventually([&] { return parts.run([&] { return parts.registered().size(); }) == 2; }));
    CHECK(parts.run([&] { return parts.table.at(2).port(); }) == port);
}

TEST_CASE("service registration: a claim for a service that was unregistered meanwhile is given back") {
    SessionParts parts;
    parts.admit();
    std::uint16_t port = 0;
    parts.run([&] {
        wire::Service wanted = SessionParts::described(1, Kind::tcp);
        parts.registration.register_service(1, wanted);
        port = parts.table.at(1).port();
        parts.table.leave(parts.table.at(1));
        parts.table.forget(1);
        wanted.remote_port = port;
        parts.registration.register_service(2, wanted);
        parts.table.forget(1);
    });
    CHECK(
        eventually([&] { return parts.run([&] { return parts.shared->registry->tunnels().at(0).claims.empty(); }); }));
    CHECK(parts.run([&] { return parts.registered().size(); }) == 1);
}

TEST_CASE("service registration: an unregistered service is closed for all trunks, or left where a fresh one has it") {
    SessionParts parts;
    parts.admit();
    const bool yields = GENERATE(false, true);
    parts.run([&] {
        parts.registration.register_service(1, SessionParts::described(1, Kind::tcp));
        CHECK(parts.table.contains(1));
        parts.registration.unregister_service(1, yields);
        parts.registration.unregister_service(1, yields);
        CHECK_FALSE(parts.table.contains(1));
        CHECK(parts.shared->registry->tunnels().at(0).claims.empty());
        CHECK(parts.view.copy().services.empty());
    });
}

TEST_CASE("service registration: what cannot be registered is refused by its reason") {
    SessionParts parts;
    parts.admit();
    const auto refusal_of = [&](const wire::Service& wanted) {
        return parts.run([&] {
            parts.sent.clear();
            parts.registration.register_service(1, wanted);
            const auto refused = parts.refused();
            return refused.empty() ? Code::none : refused.front().code;
        });
    };
    wire::Service wanted = SessionParts::described(1, Kind::tcp);
    wanted.kind = static_cast<Kind>(77);
    CHECK(refusal_of(wanted) == Code::unsupported);
    wanted.kind = Kind::http;  // there is no edge
    CHECK(refusal_of(wanted) == Code::unsupported);
    wanted.kind = Kind::tcp;
    wanted.group.name = "pool";
    wanted.group.balance = static_cast<wire::Balance>(count_words<wire::Balance>());
    CHECK(refusal_of(wanted) == Code::unsupported);
    wanted.group.balance = wire::Balance::least;
    wanted.group.sticky = static_cast<wire::Sticky>(count_words<wire::Sticky>());
    CHECK(refusal_of(wanted) == Code::unsupported);
    wanted.group = {};
    wanted.kind = Kind::private_tcp;
    wanted.group.name = "pool";
    CHECK(refusal_of(wanted) == Code::unsupported);
    wanted.group.name.clear();
    wanted.plugins.emplace_back();
    CHECK(refusal_of(wanted) == Code::forbidden);
    wanted.plugins.clear();
    CHECK(refusal_of(wanted) == Code::none);
    CHECK(refusal_of(wanted) == Code::protocol);  // the id is in use
    parts.refuses_any = directory::Refusal{Code::going_away, "It ends."};
    CHECK(refusal_of(SessionParts::described(2, Kind::tcp)) == Code::going_away);
}

TEST_CASE("service registration: a client may have so many services, and register them at so many per second") {
    SessionParts parts;
    parts.admit();
    const auto codes = parts.run([&] {
        for (std::uint32_t id = 1; id <= limits::services_max; ++id) {
            parts.table.keep(SessionParts::described(id, Kind::private_tcp));
        }
        std::vector<Code> refused;
        const wire::Service more = SessionParts::described(limits::services_max + 1, Kind::private_tcp);
        for (std::uint32_t i = 0; i <= limits::registrations_at_once_max; ++i) {
            parts.sent.clear();
            parts.registration.register_service(1, more);
            refused.push_back(parts.refused().at(0).code);
        }
        return refused;
    });
    CHECK(codes.front() == Code::limit);
    CHECK(codes.at(limits::registrations_at_once_max - 1) == Code::limit);
    CHECK(codes.back() == Code::busy);
}
