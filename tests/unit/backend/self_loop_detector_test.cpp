#include "backend/self_loop_detector.hpp"

#include <catch2/catch.hpp>

#include "net/ip_text.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace std::chrono_literals;

namespace {

net::Address address_of(const char* ip, std::uint16_t port) {
    auto four = net::parse_ipv4(ip);
    net::Address made = four ? *four : *net::parse_ipv6(ip);
    made.port = port;
    return made;
}

}  // namespace

TEST_CASE("a visitor that is a connection of ours to the service's own port is known", "[loop]") {
    auto own = std::make_shared<SelfLoopDetector>();
    const char* ip = GENERATE("127.0.0.1", "::1", "192.0.2.7");
    own->set_public_port(1, 2222);
    own->set_public_port(2, 3333);
    CHECK_FALSE(own->may_loop(22));
    REQUIRE(own->may_loop(2222));
    auto watched = own->watch(address_of(ip, 50'000), address_of(ip, 2222));
    REQUIRE(watched);
    CHECK(own->is_own(address_of(ip, 50'000), 1));
    CHECK_FALSE(own->is_own(address_of(ip, 50'000), 2));  // the same end, but another port: another connection
    CHECK_FALSE(own->is_own(address_of(ip, 50'001), 1));
    CHECK_FALSE(own->is_own(address_of("198.51.100.1", 50'000), 1));
    auto twin = own->watch(address_of(ip, 50'000), address_of(ip, 3333));
    CHECK(own->is_own(address_of(ip, 50'000), 2));
    watched.reset();
    CHECK_FALSE(own->is_own(address_of(ip, 50'000), 1));
    CHECK(own->is_own(address_of(ip, 50'000), 2));
    own->set_public_port(2, 0);
    CHECK_FALSE(own->is_own(address_of(ip, 50'000), 2));
}

TEST_CASE("the same port number elsewhere is not a loop", "[loop]") {
    auto own = std::make_shared<SelfLoopDetector>();
    own->set_public_port(1, 2222);
    CHECK_FALSE(own->watch(address_of("10.0.0.1", 50'000), address_of("10.0.0.9", 2222)));
    CHECK_FALSE(own->watch(address_of("127.0.0.1", 50'000), address_of("127.0.0.1", 22)));
    CHECK_FALSE(own->watch({}, address_of("127.0.0.1", 2222)));
    own->set_server(address_of("10.0.0.9", 7835));
    CHECK(own->watch(address_of("10.0.0.1", 50'000), address_of("10.0.0.9", 2222)));
}

TEST_CASE("a loop is told once a minute for each service", "[loop]") {
    auto own = std::make_shared<SelfLoopDetector>();
    own->set_public_port(1, 2222);
    own->set_public_port(2, 3333);
    const TimePoint now = TimePoint{} + 1h;
    CHECK(own->may_report(1, now));
    CHECK_FALSE(own->may_report(1, now + 59s));
    CHECK(own->may_report(2, now));
    CHECK(own->may_report(1, now + 60s));
    CHECK_FALSE(own->may_report(3, now));
}
