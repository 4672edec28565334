#include "net/ip_text.hpp"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "support/seeded_random.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;

namespace {

std::string v4(std::string_view text) {
    auto address = parse_ipv4(text);
    return address ? test::to_hex(Bytes(address->bytes).first(4)) : "none";
}

std::string v6(std::string_view text) {
    auto address = parse_ipv6(text);
    return address ? test::to_hex(address->bytes) : "none";
}

std::string system_text(const Address& address) {
    char text[INET6_ADDRSTRLEN];
    return ::inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.bytes.data(), text, sizeof text);
}

}  // namespace

TEST_CASE("IPv4 addresses are four shortest numbers") {
    CHECK(v4("0.0.0.0") == "00000000");
    CHECK(v4("255.255.255.255") == "ffffffff");
    CHECK(v4("192.0.2.1") == "c0000201");
    for (std::string_view bad :
         {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.00",
          "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "1..2.3", "0x1.2.3.4", "1.2.3.1000", "a.b.c.d"}) {
        INFO(bad);
        CHECK(v4(bad) == "none");
    }
}

TEST_CASE("IPv6 addresses by their grammar") {
    CHECK(v6("::") == "00000000000000000000000000000000");
    CHECK(v6("::1") == "00000000000000000000000000000001");
    CHECK(v6("1::") == "00010000000000000000000000000000");
    CHECK(v6("2001:db8::1") == "20010db8000000000000000000000001");
    CHECK(v6("2001:DB8:0:0:0:0:0:1") == "20010db8000000000000000000000001");
    CHECK(v6("1:2:3:4:5:6:7:8") == "00010002000300040005000600070008");
    CHECK(v6("1:2:3:4:5:6:7::") == "00010002000300040005000600070000");
    CHECK(v6("::2:3:4:5:6:7:8") == "00000002000300040005000600070008");
    CHECK(v6("::ffff:192.0.2.1") == "00000000000000000000ffffc0000201");
    CHECK(v6("1:2:3:4:5:6:1.2.3.4") == "00010002000300040005000601020304");
    for (std::string_view bad : {"",
                                 ":",
                                 ":::",
                                 "1",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1:2:3:4:5:6:7:8::",
                                 "::1:2:3:4:5:6:7:8",
                                 "1::2::3",
                                 ":1",
                                 "1:",
                                 ":1::",
                                 "::1:",
                                 "12345::",
                                 "g::",
                                 "::1%eth0",
                                 "[::1]",
                                 "1.2.3.4",
                                 "1.2.3.4::",
                                 "::1.2.3.4:1",
                                 "1:2:3:4:5:6:7:1.2.3.4",
                                 "::1.2.3",
                                 "::01.2.3.4",
                                 " ::1",
                                 "::1 ",
                                 "::-1"}) {
        INFO(bad);
        CHECK(v6(bad) == "none");
    }
}

TEST_CASE("addresses are written in their shortest form") {
    for (std::string_view text :
         {"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "1:0:0:2::3", "::ffff:192.0.2.1",
          "1:2:3:4:5:6:7:8", "fe80::a:b", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6::"}) {
        auto address = parse_ipv6(text);
        REQUIRE(address);
        CHECK(ip_text(*address) == text);
    }
    CHECK(ip_text(*parse_ipv6("1:0:0:2:0:0:3:4")) == "1::2:0:0:3:4");  // the first of two equal runs
    CHECK(ip_text(*parse_ipv4("192.0.2.1")) == "192.0.2.1");
    CHECK(ip_text({}) == "");
}

TEST_CASE("any address that is written is read again, by us and by the system") {
    test::SeededRandom random(1);
    for (int i = 0; i < 20'000; ++i) {
        Address address;
        address.family = random.chance(50) ? 4 : 6;
        for (std::size_t at = 0; at < address.size(); ++at) {
            address.bytes[at] = random.chance(60) ? 0 : static_cast<std::uint8_t>(random.below(256));
        }
        const std::string text = ip_text(address);
        auto back = address.family == 4 ? parse_ipv4(text) : parse_ipv6(text);
        REQUIRE(back);
        REQUIRE(*back == address);
        std::uint8_t raw[16] = {};
        REQUIRE(::inet_pton(address.family == 4 ? AF_INET : AF_INET6, text.c_str(), raw) == 1);
        REQUIRE(std::memcmp(raw, address.bytes.data(), address.size()) == 0);
        back = address.family == 4 ? parse_ipv4(system_text(address)) : parse_ipv6(system_text(address));
        REQUIRE(back);
        REQUIRE(*back == address);
    }
}
