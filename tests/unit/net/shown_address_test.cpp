#include "net/shown_address.hpp"

#include <catch2/catch.hpp>

using ferrotunnel::net::with_host_for_any;

TEST_CASE("an address of every interface is shown with a host that one can connect to", "[shown-address]") {
    CHECK(with_host_for_any("0.0.0.0:2222", "tunnel.example.com") == "tunnel.example.com:2222");
    CHECK(with_host_for_any("[::]:2222", "tunnel.example.com") == "tunnel.example.com:2222");
    CHECK(with_host_for_any("udp://0.0.0.0:53", "192.0.2.7") == "udp://192.0.2.7:53");
    CHECK(with_host_for_any("http://0.0.0.0:8080/api", "2001:db8::1") == "http://[2001:db8::1]:8080/api");
    CHECK(with_host_for_any("https://0.0.0.0", "h") == "https://h");
    CHECK(with_host_for_any("http://[::]/api", "[2001:db8::1]") == "http://[2001:db8::1]/api");
}

TEST_CASE("other addresses are shown as they are", "[shown-address]") {
    for (const char* address :
         {"127.0.0.1:2222", "tunnel.example.com:1", "[::1]:80", "private", "", "0.0.0.0.example:1",
          "http://app.example.com/0.0.0.0:1", "udp://[::1]:53", "10.0.0.0:1"}) {
        CHECK(with_host_for_any(address, "h") == address);
    }
}

TEST_CASE("who has dialled every interface is shown this machine", "[shown-address]") {
    CHECK(with_host_for_any("0.0.0.0:1", "0.0.0.0") == "127.0.0.1:1");
    CHECK(with_host_for_any("0.0.0.0:1", "") == "127.0.0.1:1");
    CHECK(with_host_for_any("[::]:1", "::") == "[::1]:1");
}
