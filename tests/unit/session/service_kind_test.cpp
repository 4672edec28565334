// Kinds of services, each by itself: what is read, chosen, opened and closed.
#include "session/service_kind.hpp"

#include <catch2/catch.hpp>

#include "session/public_address.hpp"
#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;
using Kind = wire::ServiceKind;

TEST_CASE("service kinds: every kind of the wire has one, and no other number") {
    SessionParts parts;
    for (const auto kind : {Kind::tcp, Kind::udp, Kind::http, Kind::tls, Kind::private_tcp}) {
        CHECK(parts.kinds.find(kind) != nullptr);
    }
    CHECK(parts.kinds.find(static_cast<Kind>(77)) == nullptr);
}

TEST_CASE("service kinds: a port is read, opened and closed, and another one is not found") {
    SessionParts parts;
    parts.admit();
    auto& kind = *parts.kinds.find(Kind::tcp);
    wire::Service wanted = SessionParts::described(1, Kind::tcp);
    ServicePlace place;
    wanted.bind = "192.0.2.1";
    CHECK(kind.read(wanted, place)->code == Code::port_forbidden);
    wanted.bind.clear();
    REQUIRE_FALSE(kind.read(wanted, place));
    REQUIRE_FALSE(kind.choose(wanted, place));
    CHECK(kind.assigns(place));
    parts.run([&] {
        SessionService& service = parts.table.keep(wanted);
        CHECK_FALSE(kind.assign(service, place));
        CHECK(service.opened);
        CHECK(service.port() != 0);
        CHECK(service.names == std::vector<directory::ClaimName>{directory::ClaimName(service.port())});
        CHECK(parts.shared->ports->port_of(parts.facts.client, 1) == service.port());
        // Another service cannot listen there.
        ServicePlace same{service.public_port->address()};
        SessionService& other = parts.table.keep(SessionParts::described(2, Kind::tcp));
        const auto refusal = kind.open(other, same);
        CHECK(refusal);
        CHECK_FALSE(other.is_carried());
        kind.close(service);
        CHECK_FALSE(service.is_carried());
        CHECK(parts.shared->ports->port_of(parts.facts.client, 1) == 0);
    });
}

TEST_CASE("service kinds: UDP needs a client and a server that carry it") {
    SessionParts parts;
    const auto& kind = *parts.kinds.find(Kind::udp);
    CHECK(kind.refuse_unsupported()->text == "This server has no UDP services.");
    parts.facts.agreement.features = 0;
    CHECK(kind.refuse_unsupported()->text == "The client has not announced support for UDP.");
    CHECK_FALSE(parts.kinds.find(Kind::tcp)->refuse_unsupported());
}

TEST_CASE("service kinds: an HTTP service needs an edge, and a domain where it leaves the host to the server") {
    SessionParts parts;
    const auto& kind = *parts.kinds.find(Kind::http);
    const wire::Service wanted = SessionParts::described(1, Kind::http);
    ServicePlace place;
    CHECK(kind.read(wanted, place)->code == Code::unsupported);
    parts.shared->http_public = HttpPublic{"http", 8080};
    REQUIRE_FALSE(kind.read(wanted, place));
    CHECK(kind.choose(wanted, place)->code == Code::unsupported);
    parts.shared->domain = "example.com";
    REQUIRE_FALSE(parts.run([&] { return kind.choose(wanted, place); }));
    CHECK(place.assigned);
    REQUIRE(place.wanted.hosts.size() == 1);
    CHECK(place.wanted.hosts.front().ends_with(".example.com"));
}

TEST_CASE("service kinds: hosts are joined, shown and left, and an assigned one is chosen again once") {
    SessionParts parts;
    parts.admit();
    parts.shared->http_public = HttpPublic{"http", 8080};
    parts.shared->domain = "example.com";
    auto& kind = *parts.kinds.find(Kind::http);
    parts.run([&] {
        const wire::Service wanted = SessionParts::described(1, Kind::http);
        ServicePlace place;
        CHECK_FALSE(kind.read(wanted, place));
        CHECK_FALSE(kind.choose(wanted, place));
        SessionService& service = parts.table.keep(wanted);
        service.assigned = place.assigned;
        CHECK(kind.names_of(service, place).size() == 1);
        CHECK_FALSE(kind.refuse_claim(service, place));
        std::optional<directory::Refusal> refusal;
        const std::string first = place.wanted.hosts.front();
        CHECK(kind.choose_again(service, place, refusal));
        CHECK(place.wanted.hosts.front() != first);
        CHECK_FALSE(kind.choose_again(service, place, refusal));
        CHECK_FALSE(kind.open(service, place));
        CHECK(service.opened);
        const auto shown = registered_as(*parts.shared, service);
        CHECK(shown.address == "http://" + place.wanted.hosts.front() + ":8080");
        CHECK(shown.host == place.wanted.hosts.front());
        kind.leave(service, false);
        CHECK_FALSE(service.is_carried());
    });
}

TEST_CASE("service kinds: TLS passes untouched only where no certificate is asked for") {
    SessionParts parts;
    const auto& kind = *parts.kinds.find(Kind::tls);
    wire::Service wanted = SessionParts::described(1, Kind::tls);
    wanted.tls.hosts = {"app.example.com"};
    ServicePlace place;
    CHECK(kind.read(wanted, place)->code == Code::unsupported);
    parts.shared->https_public = HttpPublic{"https", 443};
    CHECK_FALSE(kind.read(wanted, place));
    CHECK(place.wanted.passthrough);
    parts.shared->requires_client_certificate = [](std::string_view) { return true; };
    ServicePlace again;
    CHECK(kind.read(wanted, again)->code == Code::unsupported);
}

TEST_CASE("service kinds: a private service has nothing to claim; its first trunk reports it") {
    SessionParts parts;
    auto& kind = *parts.kinds.find(Kind::private_tcp);
    SessionService& service = parts.table.keep(SessionParts::described(1, Kind::private_tcp));
    CHECK(kind.names_of(service, {}).empty());
    REQUIRE_FALSE(kind.open(service, {}));
    CHECK(service.opened);
    CHECK(registered_as(*parts.shared, service).address == "private");
    parts.facts.agreement.trunk = 2;
    REQUIRE_FALSE(kind.open(service, {}));
    CHECK_FALSE(service.opened);
}
