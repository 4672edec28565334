#include "runtime/own_networks.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "net/ip_network.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;

TEST_CASE("own networks: what stands for this machine, and the addresses that it has") {
    const net::IpNetworks& own = own_networks(Clock::now());
    for (const char* text : {"127.0.0.1", "127.9.9.9", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1"}) {
        INFO(text);
        CHECK(own.contains(std::string_view(text)));
    }
    CHECK_FALSE(own.contains(std::string_view("240.1.2.3")));  // reserved (RFC 1112, 4)
    CHECK_FALSE(own.contains(std::string_view("100::7")));     // to be discarded (RFC 6666)
    for (const net::IpNetwork& network : own.all()) {
        CHECK(network.bits() > 0);
    }
}

TEST_CASE("own networks: the addresses of one interface") {
    const auto has = [](const char* interface, const char* network) {
        return has_address_in(interface, net::IpNetwork::parse(network).value(), Clock::now());
    };
    CHECK(has("lo", "127.0.0.0/8"));
    CHECK(has("lo", "127.0.0.1"));
    CHECK_FALSE(has("lo", "127.0.0.2"));
    CHECK_FALSE(has("l", "127.0.0.0/8"));
    CHECK_FALSE(has("", "127.0.0.0/8"));
}
