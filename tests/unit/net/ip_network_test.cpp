#include "net/ip_network.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "net/ip_text.hpp"

using namespace ferrotunnel::net;

namespace {

IpNetwork network(std::string_view text) {
    auto parsed = IpNetwork::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

bool contains(std::string_view in, std::string_view address) {
    return network(in).contains(*parse_ip(address));
}

std::string error_of(std::string_view text) {
    auto parsed = IpNetwork::parse(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    return parsed.error();
}

}  // namespace

TEST_CASE("a network has the addresses that begin with its bits") {
    CHECK(contains("10.0.0.0/8", "10.0.0.0"));
    CHECK(contains("10.0.0.0/8", "10.255.255.255"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
    CHECK(contains("192.0.2.128/25", "192.0.2.128"));
    CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    CHECK(contains("fd00::/8", "fdff:1::2"));
    CHECK_FALSE(contains("fd00::/8", "fe00::"));
    CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST_CASE("an address alone is a network of one") {
    CHECK(contains("192.0.2.7", "192.0.2.7"));
    CHECK_FALSE(contains("192.0.2.7", "192.0.2.6"));
    CHECK(contains("::1", "::1"));
    CHECK_FALSE(contains("::1", "::2"));
    CHECK(network("192.0.2.7") == network("192.0.2.7/32"));
    CHECK(network("::1") == network("::1/128"));
}

TEST_CASE("a length of 0 is all of a family, and nothing of the other") {
    CHECK(contains("0.0.0.0/0", "255.255.255.255"));
    CHECK_FALSE(contains("0.0.0.0/0", "::1"));
    CHECK(contains("::/0", "2001:db8::1"));
    CHECK_FALSE(contains("::/0", "10.0.0.1"));
    CHECK_FALSE(network("0.0.0.0/0").contains(Address{}));
}

TEST_CASE("IPv4 in IPv6's clothes is IPv4") {
    CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK(network("::ffff:10.0.0.0/104") == network("10.0.0.0/8"));
    CHECK(network("::ffff:192.0.2.7") == network("192.0.2.7"));
    CHECK_FALSE(contains("::/0", "::ffff:10.1.2.3"));
    CHECK(unmapped(*parse_ip("::fffe:10.1.2.3")).family == 6);
    CHECK(unmapped(*parse_ip("1::ffff:10.1.2.3")).family == 6);
}

TEST_CASE("a network is written as it is read") {
    for (const auto& [address, bits, expected] : std::vector<std::tuple<std::string, std::uint8_t, std::string>>{
             {"10.1.2.3", 8, "10.0.0.0/8"},
             {"10.1.2.3", 32, "10.1.2.3"},
             {"10.255.2.3", 9, "10.128.0.0/9"},
             {"10.1.2.3", 0, "0.0.0.0/0"},
             {"2001:db8:1:2::7", 64, "2001:db8:1:2::/64"}}) {
        CHECK(IpNetwork::around(*parse_ip(address), bits).text() == expected);
        CHECK(IpNetwork::around(*parse_ip(address), bits).bits() == bits);
    }
    for (const std::string text : {"10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1", "0.0.0.0/0", "::/0"}) {
        CHECK(network(text).text() == text);
    }
    CHECK(network("192.0.2.7/32").text() == "192.0.2.7");
    CHECK(network("::ffff:10.0.0.0/104").text() == "10.0.0.0/8");
}

TEST_CASE("what is no network is told so") {
    const std::vector<std::string> none = {
        "",         "/8",          "10.0.0/8",    "10.0.0.0.0",  "localhost", "[::1]",
        "::1%eth0", "10.0.0.1:80", "010.0.0.0/8", " 10.0.0.0/8", "*",         "10.0.0.0-10.0.0.9"};
    for (const std::string& text : none) {
        CHECK(error_of(text) == "is neither an IP address nor a network like 10.0.0.0/8 or fd00::/8");
    }
    for (const std::string text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8"}) {
        CHECK(error_of(text) == "has no length from 0 to 32 after its '/'");
    }
    CHECK(error_of("::/129") == "has no length from 0 to 128 after its '/'");
    CHECK(error_of("10.1.2.3/8") == "has bits set beyond its length; the network is 10.0.0.0/8");
    CHECK(error_of("2001:db8::1/64") == "has bits set beyond its length; the network is 2001:db8::/64");
}

TEST_CASE("a list of networks has what one of them has") {
    CHECK_FALSE(IpNetworks().contains("127.0.0.1"));
    CHECK(IpNetworks().empty());
    const IpNetworks list({network("10.0.0.0/8"), network("::1")});
    CHECK(list.contains("10.9.8.7"));
    CHECK(list.contains("::1"));
    CHECK(list.contains("::ffff:10.9.8.7"));
    CHECK_FALSE(list.contains("192.0.2.1"));
    CHECK_FALSE(list.contains("unknown"));
    CHECK_FALSE(list.contains(""));
    CHECK(list == IpNetworks({network("10.0.0.0/8"), network("::1")}));
}
