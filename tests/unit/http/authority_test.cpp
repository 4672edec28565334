#include "http/authority.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <cctype>
#include <cstring>
#include <string>

#include "base/limits.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

std::string normal(std::string_view text) {
    HostBuffer buffer;
    return std::string(normal_host(text, buffer));
}

AuthorityFault authority_fault(std::string_view text) {
    Authority authority;
    return split_authority(text, authority);
}

std::string labels(std::size_t bytes) {
    std::string name;
    while (name.size() < bytes) {
        name += name.size() % 50 == 49 ? '.' : 'a';
    }
    return name;
}

}  // namespace

TEST_CASE("authority: host and port are split") {
    Authority authority;
    REQUIRE(split_authority("API.example.com.:8080", authority) == AuthorityFault::none);
    CHECK(authority.host == "API.example.com.");
    CHECK(authority.port == 8080);
    CHECK(authority.kind == HostKind::name);

    REQUIRE(split_authority("192.0.2.1", authority) == AuthorityFault::none);
    CHECK(authority.host == "192.0.2.1");
    CHECK(authority.port == 0);
    CHECK(authority.kind == HostKind::ipv4);

    REQUIRE(split_authority("[2001:DB8::1]:65535", authority) == AuthorityFault::none);
    CHECK(authority.host == "[2001:DB8::1]");
    CHECK(authority.port == 65535);
    CHECK(authority.kind == HostKind::ipv6);

    REQUIRE(split_authority("localhost:1", authority) == AuthorityFault::none);
    CHECK(authority.port == 1);
}

TEST_CASE("authority: one normal form for all ways to write a host") {
    CHECK(normal("App.Example.COM") == "app.example.com");
    CHECK(normal("app.example.com.") == "app.example.com");
    CHECK(normal("app.example.com.:443") == "app.example.com");
    CHECK(normal("127.0.0.1:80") == "127.0.0.1");
    CHECK(normal("a_b.-c-.x") == "a_b.-c-.x");
    CHECK(normal("xn--bcher-kva.example") == "xn--bcher-kva.example");
    CHECK(normal("1e100.net") == "1e100.net");
    CHECK(normal("0xyz") == "0xyz");
    CHECK(normal("[::1]:80") == "[::1]");
    CHECK(normal("[0:0:0:0:0:0:0:1]") == "[::1]");
    CHECK(normal("[0000:0000::0001]") == "[::1]");
    CHECK(normal("[::]") == "[::]");
    CHECK(normal("[1::]") == "[1::]");
    CHECK(normal("[2001:DB8:0:0:1:0:0:1]") == "[2001:db8::1:0:0:1]");
    CHECK(normal("[2001:db8:0:1:1:1:1:1]") == "[2001:db8:0:1:1:1:1:1]");
    CHECK(normal("[1:2:3:4:5:6:7::]") == "[1:2:3:4:5:6:7:0]");
    CHECK(normal("[::ffff:192.0.2.1]") == "[::ffff:c000:201]");
    CHECK(normal("[1:2:3:4:5:6:1.2.3.4]") == "[1:2:3:4:5:6:102:304]");
}

TEST_CASE("authority: what could be understood in two ways is refused") {
    struct Row {
        std::string_view text;
        AuthorityFault fault;
    };
    using enum AuthorityFault;
    const Row rows[] = {
        {"", empty},
        {":80", empty},
        {"user@host", userinfo},
        {"user:secret@host", userinfo},
        {"user:80@host", userinfo},
        {"@host", userinfo},
        {"host@", userinfo},
        {"host:80@evil", userinfo},
        {"[::1]@host", userinfo},
        {"a,b", list},
        {"a:80,b:80", list},
        {"a.example, b.example", list},
        {"[::1],b", list},
        {"a b", bad_byte},
        {" a", bad_byte},
        {"a ", bad_byte},
        {"a\t", bad_byte},
        {"a/b", bad_byte},
        {"a/", bad_byte},
        {"http://a", bad_port},
        {"a?b", bad_byte},
        {"a#b", bad_byte},
        {"a\\b", bad_byte},
        {"a%41", bad_byte},
        {"a;b", bad_byte},
        {"a!b", bad_byte},
        {"a*b", bad_byte},
        {"*", bad_byte},
        {"*.example.com", bad_byte},
        {"a~b", bad_byte},
        {"a\r\nb", bad_byte},
        {"a\x7f", bad_byte},
        {"b\xc3\xbc"
         "cher.example",
         bad_byte},
        {std::string_view("a\0b", 3), bad_byte},
        {".", empty_label},
        {"..", empty_label},
        {".a", empty_label},
        {"a..b", empty_label},
        {"a..", empty_label},
        {"127.1", bad_ipv4},
        {"2130706433", bad_ipv4},
        {"0x7f000001", bad_ipv4},
        {"0x7f.0.0.1", bad_ipv4},
        {"1.2.3.0x4", bad_ipv4},
        {"1.2.3.0x", bad_ipv4},
        {"010.0.0.1", bad_ipv4},
        {"1.2.3.04", bad_ipv4},
        {"1.2.3.256", bad_ipv4},
        {"1.2.3.4.5", bad_ipv4},
        {"1.2.3.4.", bad_ipv4},
        {"example.123", bad_ipv4},
        {"[", bad_ipv6},
        {"[]", bad_ipv6},
        {"[::1", bad_ipv6},
        {"[:]", bad_ipv6},
        {"[:::]", bad_ipv6},
        {"[1::2::3]", bad_ipv6},
        {"[1:2:3:4:5:6:7]", bad_ipv6},
        {"[1:2:3:4:5:6:7:8:9]", bad_ipv6},
        {"[1:2:3:4:5:6:7:8::]", bad_ipv6},
        {"[1:2:3:4::5:6:7:8]", bad_ipv6},
        {"[12345::]", bad_ipv6},
        {"[::g]", bad_ipv6},
        {"[::1:]", bad_ipv6},
        {"[1:2:3:4:5:6:7:]", bad_ipv6},
        {"[:1:2:3:4:5:6:7]", bad_ipv6},
        {"[::1.2.3]", bad_ipv6},
        {"[::01.2.3.4]", bad_ipv6},
        {"[1.2.3.4::]", bad_ipv6},
        {"[1.2.3.4]", bad_ipv6},
        {"[fe80::1%eth0]", bad_ipv6},
        {"[fe80::1%25eth0]", bad_ipv6},
        {"[v1.x]", bad_ipv6},
        {"[::1]a", bad_byte},
        {"[::1] ", bad_byte},
        {"::1", empty},
        {"db8::1", bad_port},
        {"2001:db8::1", bad_ipv4},
        {"a:", bad_port},
        {"a:0", bad_port},
        {"a:080", bad_port},
        {"a:65536", bad_port},
        {"a:99999", bad_port},
        {"a:100000", bad_port},
        {"a:+80", bad_port},
        {"a:-80", bad_port},
        {"a:80 ", bad_port},
        {"a:80:80", bad_port},
        {"a:http", bad_port},
        {"[::1]:", bad_port},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(describe(authority_fault(row.text)) == describe(row.fault));
        CHECK(normal(row.text).empty());
    }
}

TEST_CASE("authority: lengths are reached and passed by one") {
    const std::string label(limits::host_label_max, 'a');
    CHECK(authority_fault(label + ".b") == AuthorityFault::none);
    CHECK(authority_fault("b." + label) == AuthorityFault::none);
    CHECK(authority_fault("b." + label + '.') == AuthorityFault::none);
    CHECK(authority_fault(label + "a.b") == AuthorityFault::too_long);
    CHECK(authority_fault("b." + label + 'a') == AuthorityFault::too_long);
    CHECK(authority_fault("b." + label + "a.") == AuthorityFault::too_long);

    const std::string longest = labels(limits::host_name_max);
    CHECK(authority_fault(longest) == AuthorityFault::none);
    CHECK(normal(longest) == longest);
    CHECK(normal(longest + '.') == longest);
    CHECK(authority_fault(longest + 'a') == AuthorityFault::too_long);
    CHECK(authority_fault(longest + "a.") == AuthorityFault::too_long);
    CHECK(authority_fault(std::string(70'000, 'a')) == AuthorityFault::too_long);
}

TEST_CASE("authority: every byte outside of a name's alphabet is refused, wherever it stands") {
    for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        const bool allowed = value < 0x80 && (std::isalnum(value) != 0 || c == '-' || c == '_');
        const std::string middle = std::string("a") + c + "b";
        CAPTURE(value);
        CHECK((authority_fault(middle) == AuthorityFault::none) == (allowed || c == '.'));
        CHECK((authority_fault(c + std::string("b")) == AuthorityFault::none) == allowed);
    }
}

TEST_CASE("authority: IPv6 is read as the system reads it, in random spellings") {
    test::SeededRandom random(3);
    int good = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string text;
        for (std::uint64_t pieces = random.between(1, 12); pieces > 0; --pieces) {
            static constexpr std::string_view parts[] = {":", ":",  ":",    "::",  "0",      "0",
                                                         "1", "ab", "FFFF", "00c", "1.2.3.4"};
            text += parts[random.below(std::size(parts))];
        }
        in6_addr address{};
        const bool expected = inet_pton(AF_INET6, text.c_str(), &address) == 1;
        const std::string normal_form = normal('[' + text + ']');
        CAPTURE(text);
        if (normal_form.empty() == expected) {
            FAIL("the judgements differ");
        }
        if (expected) {
            ++good;
            in6_addr again{};
            REQUIRE(inet_pton(AF_INET6, normal_form.substr(1, normal_form.size() - 2).c_str(), &again) == 1);
            REQUIRE(std::memcmp(&address, &again, sizeof address) == 0);
            REQUIRE(normal(normal_form) == normal_form);
        }
    }
    CHECK(good > 500);
}
