// Ranges of ports: which services they stand for, and what is said of those that cannot be right.
#include "settings/port_range.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/udp.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::detail;

namespace {

std::string error_of(std::string_view ports, std::string_view local) {
    const auto spread = expand_ports(ports, local);
    return spread ? std::to_string(spread.value().size()) + " services" : spread.error();
}

}  // namespace

TEST_CASE("port ranges: each public port has its own port behind it") {
    for (const auto& [host, local] : {std::pair("db.internal:", "db.internal:3000-3002"), std::pair("", "3000-3002"),
                                      std::pair("[::1]:", "[::1]:3000-3002"), std::pair(":", ":3000-3002"),
                                      std::pair("tls://db-1:", "tls://db-1:3000-3002")}) {
        const auto spread = expand_ports("65533-65535", local);
        REQUIRE(spread);
        REQUIRE(spread.value().size() == 3);
        for (unsigned i = 0; i < 3; ++i) {
            CHECK(spread.value()[i].remote_port == 65'533 + i);
            CHECK(spread.value()[i].local == host + std::to_string(3'000 + i));
        }
    }
}

TEST_CASE("port ranges: what is wrong with one is said") {
    CHECK(error_of("20-10", "30-40") ==
          "\"20-10\" is not a range of ports; expected one like 20000-20010, from 1 to 65535");
    CHECK(error_of("0-10", "30-40").starts_with("\"0-10\" is not a range"));
    CHECK(error_of("65535-65536", "30-31").starts_with("\"65535-65536\" is not a range"));
    CHECK(error_of("10-20", "host:40-30").starts_with("\"40-30\" is not a range"));
    CHECK(error_of("10-20", "host:30-41") == "11 public ports need as many backend ports, not 12");
    CHECK(error_of("10-20", "host:30") ==
          "a range of public ports needs a range of backend ports of the same length, like 127.0.0.1:3000-3010");
    CHECK(error_of("10-20", "unix:/run/app-1-2").starts_with("a range of public ports needs a range of backend ports"));
    CHECK(error_of("10", "30-40") == "a range of backend ports needs a range of public ports, like 20000-20010");
}

TEST_CASE("limit: ports of a range") {
    CHECK(error_of("1-1024", "1-1024") == "1024 services");
    CHECK(error_of("1-1025", "1-1025") == "a range has at most 1024 ports");
}

TEST_CASE("port ranges: the library makes services of them") {
    const std::vector<Tcp> tcp = Tcp::range("20000-20001", "db.internal:3000-3001", "db");
    CHECK(tcp == std::vector<Tcp>{{20'000, "db.internal:3000", "db:20000"}, {20'001, "db.internal:3001", "db:20001"}});
    const std::vector<Udp> udp = Udp::range("53-53", "1053-1053");
    CHECK(udp == std::vector<Udp>{{53, "1053"}});
    CHECK_THROWS_AS(Tcp::range("20000", "3000-3001"), config_error);
}
