#include "backend/exit.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "backend/backend.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;

TEST_CASE("limit: visitors of an exit who have not said yet where they want to go") {
    auto exit = std::make_unique<Exit>(exits::Destinations(), std::vector<exits::User>());
    std::vector<PermitPtr> places;
    for (std::size_t i = 0; i < limits::exit_handshakes_max; ++i) {
        places.push_back(exit->acquire_permit());
        REQUIRE(places.back());
    }
    CHECK_FALSE(exit->acquire_permit());
    places.pop_back();
    places.push_back(exit->acquire_permit());
    CHECK(places.back());
    exit.reset();  // places outlive it
}

TEST_CASE("an exit is the backend of a TCP service alone") {
    const auto place = parse_backend_address("exit", wire::ServiceKind::tcp);
    REQUIRE(place);
    CHECK(place->is_exit);
    CHECK(to_text(*place, wire::ServiceKind::tcp) == "exit");
    for (const auto kind : {wire::ServiceKind::udp, wire::ServiceKind::http, wire::ServiceKind::tls}) {
        CHECK_FALSE(parse_backend_address("exit", kind));
    }
}
