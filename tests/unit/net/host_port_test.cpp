#include "net/host_port.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel;

TEST_CASE("places are read and written") {
    CHECK(net::parse_host_port("1.2.3.4:80") == net::HostPort{"1.2.3.4", 80});
    CHECK(net::parse_host_port("[::1]:80") == net::HostPort{"::1", 80});
    CHECK(net::parse_host_port("example.com:65535") == net::HostPort{"example.com", 65535});
    CHECK(net::parse_host_port(":80") == net::HostPort{"", 80});
    CHECK(net::parse_host_port("example.com", 7835) == net::HostPort{"example.com", 7835});
    CHECK(net::parse_host_port("[::1]", 7835) == net::HostPort{"::1", 7835});
    CHECK(net::parse_host_port("localhost:0") == net::HostPort{"localhost", 0});
    for (const char* bad :
         {"", ":", "host", "host:", "host:65536", "host:-1", "host:8x", "host: 80", "::1:80", "[::1]", "[::1:80",
          "[::1]80", "[host]:80", "[1.2.3.4]:80", "a b:80", "http://host:80", "user@h:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(net::parse_host_port(bad));
    }
    CHECK(to_text(net::HostPort{"::1", 80}) == "[::1]:80");
    CHECK(to_text(net::HostPort{"host", 80}) == "host:80");
}
