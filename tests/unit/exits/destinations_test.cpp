#include "exits/destinations.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exits/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exits;

namespace {

Destinations of(const std::vector<std::string>& items) {
    return Destinations::parse(items).value();
}

net::Address ip(const char* text) {
    return *net::parse_ip(text);
}

std::string problem_of(const std::string& item) {
    const auto made = Destinations::parse(std::vector<std::string>{item});
    return made ? "" : made.error();
}

}  // namespace

TEST_CASE("an exit without destinations leads nowhere") {
    const Destinations none;
    CHECK_FALSE(none.allow(ip("192.0.2.1"), 443));
    CHECK_FALSE(none.may_allow("example.com", 443));
    CHECK_FALSE(none.allow("example.com", ip("192.0.2.1"), 443));
}

TEST_CASE("addresses and networks with ports") {
    const Destinations some = of({"10.0.0.0/8:443", "192.0.2.7:22,8000-8100", "[2001:db8::/32]:443", "[::1]"});
    CHECK(some.allow(ip("10.1.2.3"), 443));
    CHECK_FALSE(some.allow(ip("10.1.2.3"), 80));
    CHECK_FALSE(some.allow(ip("11.0.0.1"), 443));
    CHECK(
        (some.allow(ip("192.0.2.7"), 22) && some.allow(ip("192.0.2.7"), 8'000) && some.allow(ip("192.0.2.7"), 8'100)));
    CHECK_FALSE((some.allow(ip("192.0.2.7"), 7'999) || some.allow(ip("192.0.2.7"), 8'101)));
    CHECK(some.allow(ip("2001:db8::5"), 443));
    CHECK((some.allow(ip("::1"), 1) && some.allow(ip("::1"), 65'535)));
    CHECK(some.allow(ip("::ffff:10.1.2.3"), 443));
}

TEST_CASE("what is all addresses of a family names none of them") {
    const Destinations some = of({"0.0.0.0/0", "[::/0]", "*", "10.0.0.0/8:443", "[2001:db8::7]"});
    CHECK(some.allow(ip("127.0.0.1"), 80));
    CHECK_FALSE((some.name(ip("127.0.0.1"), 80) || some.name(ip("::1"), 80) || some.name(ip("203.0.113.1"), 80)));
    CHECK(some.name(ip("10.1.2.3"), 443));
    CHECK_FALSE(some.name(ip("10.1.2.3"), 80));
    CHECK(some.name(ip("2001:db8::7"), 80));
}

TEST_CASE("limit: what is a large part of the Internet names no address of it", "[limits]") {
    const Destinations large =
        of({"[2000::/3]", "8.0.0.0/7", "[2606:4700::/31]", "8.8.0.0/15", "[e000::/3]", "8.0.0.0/6"});
    for (const char* const address : {"2606:4700::1", "8.8.8.8", "10.1.2.3", "fd00::1"}) {
        INFO(address);
        CHECK(large.allow(ip(address), 80));
        CHECK_FALSE(large.name(ip(address), 80));
    }
    const Destinations fitting = of({"[2606:4700::/32]", "8.8.0.0/16", "[fc00::/7]", "10.0.0.0/7"});
    for (const char* const address : {"2606:4700::1", "8.8.8.8", "10.1.2.3", "fd00::1"}) {
        INFO(address);
        CHECK(fitting.name(ip(address), 80));
    }
}

TEST_CASE("a rule for hosts says nothing about addresses that a visitor gives") {
    const Destinations all_hosts = of({"*"});
    CHECK_FALSE(all_hosts.allow(ip("203.0.113.1"), 443));
    CHECK(all_hosts.allow("example.com", ip("203.0.113.1"), 443));
}

TEST_CASE("a name below a pattern leads to public addresses, unless a rule has the address too") {
    const Destinations some = of({"*.example.com:443", "10.1.0.0/16:443"});
    CHECK(some.may_allow("a.example.com", 443));
    CHECK_FALSE(some.may_allow("a.example.com", 80));
    CHECK(some.allow("a.example.com", ip("203.0.113.1"), 443));
    CHECK_FALSE(some.allow("a.b.example.com", ip("203.0.113.1"), 443));
    for (const char* inside : {"127.0.0.1",     "0.0.0.0",    "10.2.0.1",         "169.254.169.254", "172.31.0.1",
                               "192.168.1.1",   "100.64.0.1", "224.0.0.1",        "255.255.255.255", "::",
                               "::1",           "::7f00:1",   "::ffff:127.0.0.1", "::ffff:10.2.0.1", "64:ff9b::7f00:1",
                               "2002:7f00:1::", "2001:0:1::", "fc00::1",          "fd12::1",         "fe80::1",
                               "fec0::1",       "ff02::1"}) {
        INFO(inside);
        CHECK_FALSE(is_public(ip(inside)));
        CHECK_FALSE(some.allow("a.example.com", ip(inside), 443));
    }
    CHECK(some.allow("a.example.com", ip("10.1.0.1"), 443));
    CHECK(some.allow("a.example.com", ip("::ffff:10.1.0.1"), 443));
    // The network alone is enough for whatever name stands for an address in it, at its ports.
    CHECK(some.allow("db.internal", ip("10.1.0.1"), 443));
    CHECK_FALSE(some.allow("db.internal", ip("203.0.113.1"), 443));
    CHECK_FALSE(some.may_allow("db.internal", 80));
    CHECK(is_public(ip("2606:4700::1")));
}

TEST_CASE("what is not a destination is told in words that help") {
    CHECK(problem_of("example.com:0").find("ports") != std::string::npos);
    CHECK(problem_of("example.com:").find("ports") != std::string::npos);
    CHECK(problem_of("example.com:443-80").find("ports") != std::string::npos);
    CHECK(problem_of("example.com:80,").find("ports") != std::string::npos);
    CHECK(problem_of("example.com:65536").find("ports") != std::string::npos);
    CHECK(problem_of("").find("is not a destination") != std::string::npos);
    CHECK(problem_of("https://example.com") != "");
    CHECK(problem_of("[::1").find("[2001:db8::7]:443") != std::string::npos);
    CHECK(problem_of("10.0.0.1/8:443") != "");
    CHECK(problem_of("300.0.0.1") != "");
    CHECK(problem_of("a..b:80").find("is not a destination") != std::string::npos);
}

TEST_CASE("limit: destinations of an exit, and ports of a destination") {
    CHECK(Destinations::parse(std::vector<std::string>(limits::exit_rules_max, "a.example.com")));
    const auto many = Destinations::parse(std::vector<std::string>(limits::exit_rules_max + 1, "a.example.com"));
    REQUIRE_FALSE(many);
    CHECK(many.error() == "are 257 destinations; at most 256 are possible");
    std::string item = "a.example.com:1";
    for (std::size_t i = 1; i < limits::exit_ports_max; ++i) {
        item += ",2";
    }
    CHECK(problem_of(item).empty());
    CHECK_FALSE(problem_of(item + ",3").empty());
}
