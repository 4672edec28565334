#include "mux/stream_ids.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::mux {
namespace {

Settings ids_of(Role role) {
    Settings settings;
    settings.role = role;
    return settings;
}

TEST_CASE("the server opens odd ids, the client even ones", "[ids]") {
    StreamIds server(ids_of(Role::server));
    StreamIds client(ids_of(Role::client));
    CHECK(server.next() == 1);
    CHECK(client.next() == 2);
    CHECK(server.is_own(7));
    CHECK_FALSE(server.is_own(8));
    CHECK(client.is_own(8));
    CHECK_FALSE(client.is_own(7));
    server.use_next();
    CHECK(server.next() == 3);
    CHECK(server.is_known(1));
    CHECK_FALSE(server.is_known(3));
}

TEST_CASE("a peer opens its own ids in rising order", "[ids]") {
    StreamIds ids(ids_of(Role::server));
    CHECK_FALSE(ids.may_accept(1));
    REQUIRE(ids.may_accept(4));
    CHECK(ids.last_peer() == 0);
    ids.accept(4);
    CHECK(ids.last_peer() == 4);
    CHECK_FALSE(ids.may_accept(4));
    CHECK_FALSE(ids.may_accept(2));
    CHECK(ids.may_accept(6));
    CHECK(ids.is_known(2));  // it might have been refused
    CHECK_FALSE(ids.is_known(6));
}

TEST_CASE("ids are used up, and a fresh session is wanted before, once", "[ids]") {
    Settings settings = ids_of(Role::client);
    settings.rotate_at = 4;
    settings.last_id = 6;
    StreamIds ids(settings);
    CHECK_FALSE(ids.consume_rotation());
    ids.use_next();
    CHECK_FALSE(ids.consume_rotation());
    ids.use_next();
    CHECK(ids.consume_rotation());
    CHECK_FALSE(ids.consume_rotation());
    CHECK_FALSE(ids.is_used_up());
    ids.use_next();
    CHECK(ids.is_used_up());
    CHECK_FALSE(ids.consume_rotation());
}

}  // namespace
}  // namespace ferrotunnel::mux
