// Tests what the plugins share.
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/exchange_key.hpp"
#include "common/ip_range.hpp"
#include "common/keyed_hash.hpp"
#include "common/published.hpp"
#include "common/retry_after.hpp"
#include "unit/plugin/chain_of_one.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;

namespace {

std::string problem_of(std::string_view range) {
    try {
        (void)parse_range(range);
        return {};
    } catch (const std::invalid_argument& problem) {
        return problem.what();
    }
}

}  // namespace

TEST_CASE("plugins: an address is one however it is written", "[plugins]") {
    CHECK(parse_address("192.0.2.7") == IpAddress(Ipv4{0xc0000207}));
    CHECK(parse_address("::ffff:192.0.2.7") == parse_address("192.0.2.7"));
    CHECK(parse_address("::FFFF:c000:0207") == parse_address("192.0.2.7"));
    CHECK(parse_address("[2001:db8::1]") == IpAddress(Ipv6{0x20010db800000000, 1}));
    CHECK(parse_address("fe80::1%eth0") == parse_address("fe80::1"));
    for (const char* const none :
         {"", "192.0.2", "192.0.2.07", "192.0.2.7%eth0", "1.2.3.4:80", ":::", "[::1", "example"}) {
        INFO(none);
        CHECK_FALSE(parse_address(none));
    }
    CHECK_FALSE(parse_address(std::string_view("1.2.3.4\0", 8)));
    CHECK_FALSE(parse_address(std::string(1'000, '1')));
}

TEST_CASE("plugins: a network is the addresses from its first to its last", "[plugins]") {
    const IpRange ten = parse_range("10.0.0.0/8");
    CHECK(ten.first == IpAddress(Ipv4{0x0a000000}));
    CHECK(ten.last == IpAddress(Ipv4{0x0affffff}));
    CHECK(parse_range("0.0.0.0/0").last == IpAddress(Ipv4{0xffffffff}));
    CHECK(parse_range("192.0.2.7").first == parse_range("192.0.2.7/32").last);
    CHECK(parse_range("::ffff:10.0.0.0/104").last == ten.last);
    CHECK(parse_range("2001:db8::/33").last == IpAddress(Ipv6{0x20010db87fffffff, ~std::uint64_t{0}}));
    CHECK(parse_range("2001:db8::/64").last == IpAddress(Ipv6{0x20010db800000000, ~std::uint64_t{0}}));
    CHECK(parse_range("2001:db8::8/125").last == IpAddress(Ipv6{0x20010db800000000, 15}));
    CHECK(parse_range("::/0").last == IpAddress(Ipv6{~std::uint64_t{0}, ~std::uint64_t{0}}));
    CHECK(problem_of("10.0.0.1/8") == "has bits set after its prefix length");
    CHECK(problem_of("2001:db8::1/64") == "has bits set after its prefix length");
    CHECK(problem_of("10.0.0.0/33") == "needs a prefix length from 0 to 32 after its /");
    CHECK(problem_of("::/129") == "needs a prefix length from 0 to 128 after its /");
    CHECK(problem_of("10.0.0.0/") == "needs a prefix length from 0 to 32 after its /");
    CHECK(problem_of("10.0.0.0/-1") == "needs a prefix length from 0 to 32 after its /");
    CHECK(problem_of("example.com").find("not an address or network") != std::string::npos);
}

TEST_CASE("plugins: the keyed hash is SipHash-2-4", "[plugins]") {
    // The authors' published test vectors: the key is 00 01 ... 0f, the text 00 01 02 ...
    const KeyedHash hash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
    std::string text;
    for (char c = 0; c < 15; ++c) {
        text += c;
    }
    CHECK(hash(text) == 0xa129ca6149be45e5);
    CHECK(hash("") == 0x726fdb47dd0e0e31);
    CHECK(hash("ab", "c") != hash("a", "bc"));
    CHECK(KeyedHash()("a") != KeyedHash()("a"));
}

TEST_CASE("plugins: Retry-After never says too early", "[plugins]") {
    CHECK(retry_after(1ns).value == "1");
    CHECK(retry_after(1s).value == "1");
    CHECK(retry_after(1s + 1ns).value == "2");
    CHECK(retry_after(0ns).value == "1");
}

TEST_CASE("plugins: a value is replaced while many look at it", "[plugins]") {
    struct Pair {
        int one;
        int same;
    };
    Published<Pair> published(std::make_unique<const Pair>(Pair{0, 0}));
    std::atomic<bool> ends{false};
    std::atomic<int> torn{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            while (!ends) {
                torn += published.read([](const Pair& pair) { return pair.one == pair.same ? 0 : 1; });
            }
        });
    }
    for (int i = 1; i <= 2'000; ++i) {
        published.publish(std::make_unique<const Pair>(Pair{i, i}));
    }
    ends = true;
    for (std::thread& each : readers) {
        each.join();
    }
    CHECK(torn == 0);
    CHECK(published.read([](const Pair& pair) { return pair.one; }) == 2'000);
}

TEST_CASE("plugins: visitors of one IPv6 network are one, and addresses of one visitor too", "[plugins]") {
    const KeyedHash hash;
    const ExchangeKey key("visitor", 64);
    const auto of = [&](std::string_view address) { return key.of_visitor(address, hash); };
    CHECK(of("2001:db8::1") == of("2001:db8::ffff:1"));
    CHECK(of("2001:db8::1") != of("2001:db8:0:1::1"));
    CHECK(of("192.0.2.7") == of("::ffff:192.0.2.7"));
    CHECK(of("192.0.2.7") != of("192.0.2.8"));
    CHECK(of("unknown") != of("other"));
    CHECK(ExchangeKey("visitor", 128).of_visitor("2001:db8::1", hash) !=
          ExchangeKey("visitor", 128).of_visitor("2001:db8::2", hash));
    CHECK_THROWS_AS(ExchangeKey("visiter", 64), std::invalid_argument);
    CHECK_THROWS_AS(ExchangeKey("header.", 64), std::invalid_argument);
}
