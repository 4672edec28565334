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

TEST_CASE("a name that no resolver can know is refused, and one that a resolver may know is not") {
    const std::string label(63, 'a');
    const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
    for (const std::string& good :
         {std::string("a_b.c"), std::string("_"), std::string("a.b."), std::string("127.1"), std::string("2130706433"),
          std::string("123456789012"),  // as a container is called
          std::string("010.0.0.1"), std::string("0x7f.1"), std::string("255.255.255.255"), std::string("1.16777215"),
          std::string("1.2.3.4a"), std::string("db.1"), label, longest, longest + '.'}) {
        CAPTURE(good);
        CHECK(net::parse_host_port(good + ":22") == net::HostPort{good, 22});
    }
    for (const std::string& bad :
         {std::string("999.1.2.3"), std::string("10.0.0.256"), std::string("1.2.3.4.5"), std::string("1.16777216"),
          std::string("1..2"), std::string("1.2.3.4."), std::string("08.1"), std::string("."), std::string("a_b..c"),
          std::string(".a"), std::string("a.."), std::string("exa%41mple"), label + 'a', "b." + label + 'a' + ".c",
          longest + 'a'}) {
        CAPTURE(bad);
        CHECK_FALSE(net::parse_host_port(bad + ":22"));
    }
}

TEST_CASE("a link-local address may have a zone, and no other") {
    CHECK(net::parse_host_port("[fe80::1%eth0]:7835") == net::HostPort{"fe80::1%eth0", 7835});
    CHECK(net::parse_host_port("[febf::1%2]", 80) == net::HostPort{"febf::1%2", 80});
    CHECK(to_text(net::HostPort{"fe80::1%eth0", 80}) == "[fe80::1%eth0]:80");
    for (const char* bad : {"[fe80::1%]:80", "[fec0::1%eth0]:80", "[2001:db8::1%eth0]:80", "[fe80::1%eth 0]:80",
                            "[fe80::1%a%b]:80", "[fe80::1%interface-of-16c]:80", "[%eth0]:80"}) {
        CAPTURE(bad);
        CHECK_FALSE(net::parse_host_port(bad));
    }
    CHECK(net::without_zone("fe80::1%eth0") == "fe80::1");
    CHECK(net::without_zone("::1") == "::1");
    CHECK(net::without_zone("100%name") == "100%name");
}

TEST_CASE("a character that no address has is told") {
    const auto fault = [](const char* text) {
        CHECK_FALSE(net::parse_host_port(text));
        return net::address_fault(text, "is not a valid address");
    };
    CHECK(fault("nowhere:x") == "is not a valid address");
    CHECK(fault("\xe2\x80\x9c"
                "127.0.0.1:80") == "contains a curly quotation mark (U+201C), which is not valid in an address");
    CHECK(fault("127.0.0.1:\xc2\xa0"
                "80") == "contains a no-break space (U+00A0), which is not valid in an address");
    CHECK(fault("127.0.0.1\xef\xbc\x9a"
                "80") == "contains a wide colon (U+FF1A), which is not valid in an address");
    const std::string name = ", which is not valid in an address; write an international name in its xn-- form";
    CHECK(fault("m\xc3\xbcller.example:80") == "contains the character U+00FC" + name);
    CHECK(fault("\xf0\x9f\x98\x80.example:80") == "contains the character U+1F600" + name);
    CHECK(fault("\xff.example:80").starts_with("contains the character U+"));  // no UTF-8: anything, but no crash
    CHECK(net::quoted_address_fault("\xe2\x80\x94", "x") ==
          "\"\xe2\x80\x94\" contains a dash (U+2014), which is not valid in an address");
}
