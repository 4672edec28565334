#include "cluster/name.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "base/limits.hpp"
#include "cluster/limits.hpp"
#include "unit/cluster/bugs_throw.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;

namespace {

constexpr wire::TokenId name_token{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

// A host of 253 bytes: four labels.
std::string longest_host() {
    const std::string label(63, 'a');
    return label + '.' + label + '.' + label + '.' + std::string(61, 'a');
}

bool is_name(std::string_view encoded) {
    const auto name = Name::from_encoded(encoded);
    return name && name->encoded() == encoded;
}

}  // namespace

TEST_CASE("cluster names: each kind has one form") {
    const Name host = Name::of_host("app.example.com", "/api");
    CHECK(host.encoded() == "happ.example.com /api");
    CHECK(host.kind() == Name::Kind::host);
    CHECK(host.root() == "happ.example.com");
    CHECK(host.text() == "the host app.example.com with the path /api");

    const Name tcp = Name::of_port(2222, false);
    CHECK(tcp.encoded() == "t2222");
    CHECK(tcp.kind() == Name::Kind::tcp_port);
    CHECK(tcp.root() == "t2222");
    CHECK(tcp.text() == "public port 2222");

    const Name udp = Name::of_port(53, true);
    CHECK(udp.encoded() == "u53");
    CHECK(udp.kind() == Name::Kind::udp_port);
    CHECK(udp.text() == "public UDP port 53");

    const Name service = Name::of_service(name_token, "my db");
    CHECK(service.encoded() == "s0123456789abcdef my db");
    CHECK(service.kind() == Name::Kind::service);
    CHECK(service.root() == service.encoded());
    CHECK(service.text() == "the private service \"my db\"");
}

TEST_CASE("cluster names: texts of hosts") {
    CHECK(Name::of_host("app.example.com", "/").text() == "the host app.example.com");
    CHECK(Name::of_host("app.example.com", "tls").text() == "the host app.example.com for TLS");
    CHECK(Name::of_host("*", "/").text() == "the default service");
    CHECK(Name::of_host("*.example.com", "= /status").text() == "the host *.example.com with the path = /status");
}

TEST_CASE("cluster names: an empty path is that of everything") {
    CHECK(Name::of_host("app.example.com", "") == Name::of_host("app.example.com", "/"));
    CHECK(Name::of_host("app.example.com", "/") != Name::of_host("app.example.com", "tls"));
}

TEST_CASE("cluster names: every form of host and path that the edge has is valid") {
    for (const char* host : {"localhost", "app.example.com", "-a_.example.com", "*", "*.example.com", "**.example.com",
                             "127.0.0.1", "[::1]", "[2001:db8::ff]", "1.example", "a.b.c.d.e.f"}) {
        for (const char* path : {"/", "/api", "= /status", "~ /v[0-9]+/.* x", "tls", "/a%20b"}) {
            CAPTURE(host, path);
            const Name name = Name::of_host(host, path);
            CHECK(Name::from_encoded(name.encoded()) == name);
            CHECK(name.root() == 'h' + std::string(host));
        }
    }
}

TEST_CASE("cluster names: paths of one host are adjacent and follow their root") {
    const std::vector<std::string> hosts = {"a.example", "a.example-b", "a.example.com", "a.example0", "*", "*.a"};
    std::vector<Name> names;
    for (const std::string& host : hosts) {
        for (const char* path : {"/", "/api", "= /", "~ .*", "tls"}) {
            names.push_back(Name::of_host(host, path));
        }
    }
    std::sort(names.begin(), names.end());
    for (const std::string& host : hosts) {
        const std::string root = 'h' + host;
        const auto first = std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.root() == root; });
        CHECK(first == std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.encoded() >= root; }));
        const auto end = std::find_if(first, names.end(), [&](const Name& n) { return n.root() != root; });
        CHECK(end - first == 5);
    }
}

TEST_CASE("cluster names: what is not a name") {
    const auto* const valid = "happ.example.com /api";
    REQUIRE(is_name(valid));
    for (const char* encoded : {"",
                                "h",
                                "t",
                                "u",
                                "s",
                                "x1",
                                "H1",
                                " ",
                                "h /",
                                "happ.example.com",
                                "happ.example.com ",
                                "hApp.example.com /",
                                "ha..b /",
                                "h.a /",
                                "ha. /",
                                "ha*.b /",
                                "h*a /",
                                "h*. /",
                                "h*.*.b /",
                                "h***.b /",
                                "h*.* /",
                                "ha\xc3\xbc /",
                                "ha/b /",
                                "ha:80 /",
                                "h[::1 /",
                                "h[] /",
                                "h[::G] /",
                                "h[::A] /",
                                "h[1.2.3.4] /",
                                "h*.[::1] /",
                                "ha /\n",
                                "ha /\x7f",
                                "ha /\xff",
                                "ha\t/",
                                "t0",
                                "t01",
                                "t65536",
                                "t-1",
                                "t+1",
                                "t1 ",
                                "t 1",
                                "t1a",
                                "u",
                                "u99999999999",
                                "s0123456789abcdef",
                                "s0123456789abcde db",
                                "s0123456789abcdef0 db",
                                "s0123456789ABCDEF db",
                                "s0123456789abcdeg db",
                                "s0123456789abcdef d\nb",
                                "s0123456789abcdef \xff"}) {
        CAPTURE(encoded);
        CHECK_FALSE(is_name(encoded));
    }
    CHECK_FALSE(is_name(std::string_view("ha /\0", 5)));
    CHECK(is_name("t1"));
    CHECK(is_name("t65535"));
    CHECK(is_name("s0123456789abcdef \xc3\xbc"));
}

TEST_CASE("cluster names: parts that are not valid are a bug") {
    const test::BugsThrow throwing;
    CHECK_THROWS_AS(Name::of_host("App.example.com", "/"), BugError);
    CHECK_THROWS_AS(Name::of_host("a", "/" + std::string(cluster::limits::path_max, 'p')), BugError);
    CHECK_THROWS_AS(Name::of_port(0, false), BugError);
    CHECK_THROWS_AS(Name::of_service(name_token, "a\n"), BugError);
}

TEST_CASE("limit: lengths of cluster names") {
    const std::string host = longest_host();
    REQUIRE(host.size() == ferrotunnel::limits::host_name_max);
    const std::string path = '/' + std::string(cluster::limits::path_max - 1, 'p');
    const Name longest = Name::of_host("**." + host, path);
    CHECK(longest.encoded().size() == cluster::limits::name_max);
    CHECK(is_name(longest.encoded()));
    CHECK_FALSE(is_name(std::string(longest.encoded()) + 'p'));
    CHECK_FALSE(is_name("ha " + path + 'p'));
    CHECK_FALSE(is_name("h" + host + "a /"));
    CHECK(is_name('h' + std::string(63, 'a') + " /"));
    CHECK_FALSE(is_name('h' + std::string(64, 'a') + " /"));

    const Name service = Name::of_service(name_token, std::string(ferrotunnel::limits::service_name_max, 'n'));
    CHECK(is_name(service.encoded()));
    CHECK_FALSE(is_name(std::string(service.encoded()) + 'n'));
    CHECK(is_name(Name::of_service(name_token, "").encoded()));
}
