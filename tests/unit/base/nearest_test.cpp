#include "ferrotunnel/detail/nearest.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace ferrotunnel::detail {

TEST_CASE("a distance counts letters put in, taken out, replaced and swapped", "[nearest]") {
    CHECK(edit_distance("bind", "bind") == 0);
    CHECK(edit_distance("bnid", "bind") == 1);
    CHECK(edit_distance("bid", "bind") == 1);
    CHECK(edit_distance("binds", "bind") == 1);
    CHECK(edit_distance("bond", "bind") == 1);
    CHECK(edit_distance("", "bind") == 4);
}

TEST_CASE("only what is near enough is guessed", "[nearest]") {
    const std::vector<std::string> keys{"bind", "tcp_bind", "token", "tls_cert"};
    CHECK(nearest("tcp-bind", keys) == "tcp_bind");
    CHECK(nearest("tokne", keys) == "token");
    CHECK(nearest("tls", keys) == "tls_cert");  // it begins with that, and no other does
    CHECK(nearest("TCP_BIND", keys) == "tcp_bind");
    CHECK(nearest("Token", keys) == "token");
    CHECK(nearest("TLS", keys) == "tls_cert");
    CHECK(nearest("token", {{std::string("TOKEN")}}) == "TOKEN");
    CHECK(nearest("t", keys).empty());
    CHECK(nearest("something", keys).empty());
    CHECK(did_you_mean("bnid", keys) == "; did you mean bind?");
    CHECK(did_you_mean("something", keys).empty());
}

}  // namespace ferrotunnel::detail
