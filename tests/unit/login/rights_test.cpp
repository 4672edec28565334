#include "login/rights.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

TEST_CASE("rights that say nothing allow every kind, at any time", "[rights]") {
    const Rights rights;
    CHECK(rights.allows(wire::ServiceKind::http));
    CHECK(rights.allows(static_cast<wire::ServiceKind>(200)));
    CHECK_FALSE(rights.has_expired(Rights::Moment::max()));
    CHECK_FALSE(rights.counts_visitors());
}

TEST_CASE("rights allow the kinds that they list, until they expire", "[rights]") {
    Rights rights;
    rights.kinds = {wire::ServiceKind::tls, wire::ServiceKind::private_tcp};
    CHECK(rights.allows(wire::ServiceKind::tls));
    CHECK_FALSE(rights.allows(wire::ServiceKind::tcp));
    CHECK(names_of(*rights.kinds) == "tls, private");
    rights.kinds = std::vector<wire::ServiceKind>();
    CHECK_FALSE(rights.allows(wire::ServiceKind::tls));
    CHECK(names_of(*rights.kinds) == "none");
    const Rights::Moment end{1h};
    rights.expires = end;
    CHECK_FALSE(rights.has_expired(end - 1ns));
    CHECK(rights.has_expired(end));
}

TEST_CASE("each kind has a name, by which it is found", "[rights]") {
    for (const KindName& known : service_kinds) {
        CHECK(name_of(known.kind) == known.name);
        CHECK(kind_named(known.name) == known.kind);
    }
    CHECK_FALSE(kind_named("smtp"));
    CHECK(name_of(static_cast<wire::ServiceKind>(200)).empty());
}
