#include "admin/peer_eviction.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "unit/admin/networks.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most = 32;
constexpr std::size_t of_address = 8;

struct Endpoint {
    PeerEviction places{most, of_address};
    std::vector<EvictionCandidate> holders{};
    TimePoint now = TimePoint() + 1h;

    // Who has given way: its place before; nothing: nobody.
    std::optional<std::size_t> come(const login::AddressNetworks& from) {
        const auto gone = places.choose_victim(holders, from);
        if (gone) {
            holders.erase(holders.begin() + static_cast<std::ptrdiff_t>(*gone));
        }
        now += 1ms;
        holders.push_back({from, false, false, false, true, now});
        return gone;
    }
    std::size_t count(const std::string& of, std::size_t level) const {
        return static_cast<std::size_t>(std::count_if(
            holders.begin(), holders.end(), [&](const EvictionCandidate& one) { return one.networks[level] == of; }));
    }
};

}  // namespace

TEST_CASE("places: an address, a home and a block take none of others' places") {
    Endpoint endpoint;
    endpoint.come(networks("2001:db8:b::1"));
    SECTION("an address") {
        for (int i = 0; i < 100; ++i) {
            CHECK(endpoint.come(networks("192.0.2.1")).value_or(1) == 1);
        }
        CHECK(endpoint.count("192.0.2.1", 0) == of_address);
    }
    SECTION("a home") {
        for (int i = 0; i < 100; ++i) {
            CHECK(endpoint.come(networks("2001:db8:1:" + std::to_string(10 + i % 90) + "::1")).value_or(1) == 1);
        }
        CHECK(endpoint.count("2001:db8:1::/56", 1) == most / 4);
    }
    SECTION("a block") {
        for (int i = 0; i < 250; ++i) {
            CHECK(endpoint.come(networks("10.88.0." + std::to_string(1 + i))).value_or(1) == 1);
        }
        CHECK(endpoint.count("10.88.0.0/24", 2) == most / 2);
    }
    CHECK(endpoint.holders.front().networks == networks("2001:db8:b::1"));
}

TEST_CASE("places: where all are taken, the block that has most gives way, and last who has shown a right") {
    Endpoint endpoint;
    for (const char* const ip : {"192.0.2.1", "192.0.2.2", "198.51.100.1"}) {
        endpoint.come(networks(ip));
    }
    endpoint.holders[0].has_right = true;
    for (int i = 0; i < 1'000; ++i) {
        endpoint.come(networks("10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".1"));
    }
    CHECK(endpoint.holders.size() == most);
    CHECK(endpoint.holders.front().networks == networks("192.0.2.1"));
    endpoint.holders.clear();
    for (std::size_t i = 0; i < most; ++i) {
        endpoint.come(networks("10.0." + std::to_string(i / 2) + '.' + std::to_string(1 + i % 2)));
    }
    endpoint.holders[5] = {networks("10.9.9.9"), true, true, false, true, endpoint.now + 1h};
    CHECK(endpoint.come(networks("192.0.2.1")) == 5U);  // it has its last answer
    CHECK(endpoint.come(networks("192.0.2.2")) == 0U);
    CHECK(endpoint.come(networks("192.0.2.3")) == 1U);  // 10.0.1.0/24: 10.0.0.0/24 has a single one
}

TEST_CASE("places: those whose address nobody counts give way by what they do") {
    Endpoint endpoint;
    for (std::size_t i = 0; i < most; ++i) {
        CHECK_FALSE(endpoint.come({}));
    }
    endpoint.holders[0].is_idle = false;
    CHECK(endpoint.come({}) == 1U);
    endpoint.holders[7].is_stranger = true;
    CHECK(endpoint.come({}) == 7U);
    CHECK(endpoint.come(networks("192.0.2.1")) == 1U);
    CHECK(endpoint.come(networks("192.0.2.2")) == 1U);
    CHECK(endpoint.come({}) == most - 2);  // the two of a block before one of many that count for themselves
}
