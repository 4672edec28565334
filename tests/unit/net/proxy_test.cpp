#include "net/proxy.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;

TEST_CASE("a proxy is read from the text that people and variables have") {
    const Proxy plain{Proxy::Kind::http, {"proxy.example.com", 3128}, "", ""};
    CHECK(*parse_proxy("http://proxy.example.com:3128") == plain);
    CHECK(*parse_proxy("HTTP://proxy.example.com:3128/") == plain);
    CHECK(*parse_proxy("proxy.example.com:3128") == plain);
    CHECK(parse_proxy("http://proxy.example.com")->place.port == 80);
    CHECK(*parse_proxy("socks5://[2001:db8::1]") == Proxy{Proxy::Kind::socks5, {"2001:db8::1", 1080}, "", ""});
    CHECK(parse_proxy("socks5h://proxy:1")->kind == Proxy::Kind::socks5);
    CHECK(*parse_proxy("socks5://us%40er:p%3Aass:word@proxy:1") ==
          Proxy{Proxy::Kind::socks5, {"proxy", 1}, "us@er", "p:ass:word"});
    CHECK(*parse_proxy("http://user@proxy:1") == Proxy{Proxy::Kind::http, {"proxy", 1}, "user", ""});
    CHECK(to_text(*parse_proxy("http://user:secret@[::1]:3128")) == "http://[::1]:3128");
}

TEST_CASE("what is not a proxy is refused with words that never repeat it") {
    for (const char* text : {"", "http://", "http://:3128", "http://proxy:0", "http://proxy:65536",
                             "http://proxy:3128/path", "https://secret", "socks4://secret:1", "ftp://secret",
                             "http://a:secret%zz@proxy:1", "http://a:secret%4@proxy:1", "http://:secret@proxy:1",
                             "http://a:secret%0a@proxy:1", "http://us%3aer:secret@proxy:1", "http://pro xy:1"}) {
        INFO(text);
        const auto proxy = parse_proxy(text);
        REQUIRE_FALSE(proxy);
        CHECK(proxy.error().find("secret") == std::string::npos);
    }
}

TEST_CASE("a character that no address has is told of a proxy") {
    CHECK(parse_proxy("http://me:secret@pr\xc3\xbcxy:3128").error().starts_with("contains the character U+00FC, "));
}

TEST_CASE("limit: user and password of a proxy") {
    const std::string most(limits::proxy_login_bytes_max, 'x');
    CHECK(parse_proxy("http://" + most + ":" + most + "@proxy:1"));
    CHECK_FALSE(parse_proxy("http://" + most + "x:p@proxy:1"));
    CHECK_FALSE(parse_proxy("http://u:" + most + "x@proxy:1"));
}

TEST_CASE("a list of places without a proxy names hosts, networks and what lies below names") {
    const HostPort name{"Tunnel.Example.com", 7835};
    for (const char* list : {"*", "example.com", ".example.com", "*.example.com", "tunnel.EXAMPLE.com",
                             "a, example.com", "a example.com:7835", "tunnel.example.com:7835"}) {
        INFO(list);
        CHECK(is_in_no_proxy(list, name));
    }
    for (const char* list :
         {"", ",", "ample.com", "example.com:443", "other.example.com", "10.0.0.0/8", "example.co", "."}) {
        INFO(list);
        CHECK_FALSE(is_in_no_proxy(list, name));
    }
    const HostPort address{"10.1.2.3", 7835};
    CHECK(is_in_no_proxy("192.0.2.1,10.0.0.0/8", address));
    CHECK(is_in_no_proxy("10.1.2.3:7835", address));
    CHECK_FALSE(is_in_no_proxy("10.1.2.3:1", address));
    CHECK_FALSE(is_in_no_proxy("10.1.2.0/31,10.1.2", address));
    CHECK(is_in_no_proxy("fd00::/8", {"fd00::1", 1}));
    CHECK(is_in_no_proxy("[fd00::1]:1", {"fd00::1", 1}));
    CHECK_FALSE(is_in_no_proxy("[fd00::1]:2", {"fd00::1", 1}));
}
