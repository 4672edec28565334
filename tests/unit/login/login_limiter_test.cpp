#include "login/login_limiter.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "unit/login/peer_at.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;
using ferrotunnel::test::peer_at;
using Fault = LoginLimiter::Fault;
using Ticket = std::shared_ptr<LoginLimiter::Ticket>;

namespace {

constexpr TimePoint entry_time = TimePoint{} + 1h;

// Settings with these numbers of places: in all, of an address, of a home and of a block.
LoginLimiter::Settings few(std::uint32_t max, std::uint32_t address, std::uint32_t home = 1'000,
                           std::uint32_t block = 1'000) {
    LoginLimiter::Settings settings;
    settings.max = max;
    settings.level_max = {address, home, block};
    return settings;
}

// Peers that come and stay, and which of them had to go.
struct Peers {
    explicit Peers(const LoginLimiter::Settings& settings = {}) : limiter(std::make_shared<LoginLimiter>(settings)) {}

    LoginLimiter::Answer come(const std::string& ip, TimePoint when = entry_time) {
        LoginLimiter::Answer answer = limiter->enter(peer_at(ip), when);
        if (answer.ticket) {
            answer.ticket->on_evict([this, ip] { gone.push_back(ip); });
            inside.push_back(answer.ticket);
        }
        return answer;
    }

    std::shared_ptr<LoginLimiter> limiter;
    std::vector<std::string> gone;
    std::vector<Ticket> inside;
};

}  // namespace

TEST_CASE("where there is no room, the oldest of those that have most gives way") {
    Peers peers(few(4, 2));
    peers.come("203.0.113.1");
    for (const char* ip : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        CHECK(peers.come(ip).fault == Fault::none);
    }
    {
        const LoginLimiter::Answer answer = peers.come("198.51.100.1");
        CHECK(answer.fault == Fault::full);
        CHECK(answer.network == "192.0.2.0/24");
        CHECK(answer.present == 3);
    }
    CHECK(peers.gone == std::vector<std::string>{"192.0.2.1"});
    CHECK(peers.limiter->count() == 4);
    peers.come("198.51.100.2");
    CHECK(peers.gone == std::vector<std::string>{"192.0.2.1", "192.0.2.2"});
    peers.inside.clear();  // also the places of those that have given way
    CHECK(peers.limiter->count() == 0);
}

TEST_CASE("one that cannot be ended yet does not give way") {
    for (const auto& settings : {few(1, 9), few(9, 1)}) {
        auto limiter = std::make_shared<LoginLimiter>(settings);
        const Ticket first = limiter->enter(peer_at("192.0.2.1"), entry_time).ticket;
        const LoginLimiter::Answer answer = limiter->enter(peer_at("192.0.2.1"), entry_time);
        CHECK(answer.fault != Fault::none);
        CHECK_FALSE(answer.ticket);
        CHECK(limiter->count() == 1);
    }
}

TEST_CASE("who is alone at its address takes nobody else's place, and its own oldest one gives way") {
    Peers peers(few(3, 2));
    for (const char* ip : {"203.0.113.1", "192.0.2.1", "192.0.2.1"}) {
        REQUIRE(peers.come(ip).ticket);
    }
    const LoginLimiter::Answer answer = peers.come("192.0.2.1");
    CHECK(answer.fault == Fault::network_full);
    CHECK(answer.network == "192.0.2.1");
    CHECK(answer.ticket);
    CHECK(peers.gone == std::vector<std::string>{"192.0.2.1"});
    CHECK(peers.limiter->count() == 3);
}

TEST_CASE("homes and blocks have caps of their own, since addresses of IPv6 are free") {
    Peers peers(few(100, 1, 2, 3));
    for (const char* ip : {"2001:db8:1:0::1", "2001:db8:1:1::1", "2001:db8:1:100::1", "2001:db8:2::1"}) {
        REQUIRE(peers.come(ip).fault == Fault::none);
    }
    CHECK(peers.come("2001:db8:1:ff::1").network == "2001:db8:1::/56");
    CHECK(peers.gone == std::vector<std::string>{"2001:db8:1:0::1"});
    CHECK(peers.come("2001:db8:1:200::1").network == "2001:db8:1::/48");
    CHECK(peers.gone.back() == "2001:db8:1:1::1");
    CHECK(peers.limiter->count() == 4);
    for (const char* ip : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {  // for IPv4 there are no homes
        CHECK(peers.come(ip).fault == Fault::none);
    }
    CHECK(peers.come("192.0.2.4").network == "192.0.2.0/24");
}

TEST_CASE("the bounds of unproved peers are reached, and passed by none") {
    Peers peers;
    for (std::uint32_t i = 0; i < limits::unauthenticated_per_address_max; ++i) {
        REQUIRE(peers.come("2001:db8::1").fault == Fault::none);
    }
    CHECK(peers.come("2001:db8::1").network == "2001:db8::/64");
    const auto fill = [&](std::uint32_t to, const std::string& before, const std::string& behind) {
        for (std::uint32_t i = 0; peers.limiter->count() < to; ++i) {
            REQUIRE(peers.come(before + std::to_string(1 + i % 90) + behind).fault == Fault::none);
        }
    };
    fill(limits::unauthenticated_per_home_max, "2001:db8:0:", "::1");
    CHECK(peers.come("2001:db8:0:99::1").network == "2001:db8::/56");
    fill(limits::unauthenticated_per_block_max, "2001:db8:0:10", "::1");  // 101, 102, ... 1089
    CHECK(peers.come("2001:db8:0:2000::1").network == "2001:db8::/48");
    fill(limits::unauthenticated_max, "192.0.", ".1");
    CHECK(peers.limiter->count() == limits::unauthenticated_max);
    CHECK(peers.come("198.51.100.1").fault == Fault::full);
    CHECK(peers.limiter->count() == limits::unauthenticated_max);
}

TEST_CASE("who has one place in each of very many blocks ends its own oldest one, and not who has just come") {
    Peers peers;
    const auto block = [](std::uint32_t i) { return "2a00:1:" + std::to_string(i) + "::1"; };
    for (std::uint32_t i = 1; i < limits::unauthenticated_max; ++i) {
        REQUIRE(peers.come(block(i)).fault == Fault::none);
    }
    REQUIRE(peers.come("1.2.3.4").fault == Fault::none);  // sorts before all others
    std::vector<std::string> oldest;
    for (std::uint32_t i = 1; i < limits::unauthenticated_max; ++i) {
        const LoginLimiter::Answer answer = peers.come(block(5'000 + i));
        REQUIRE(answer.fault == Fault::full);
        REQUIRE(answer.ticket);
        oldest.push_back(block(i));
    }
    CHECK(peers.gone == oldest);
    peers.come(block(9'999));
    CHECK(peers.gone.back() == "1.2.3.4");  // now this one is the oldest
}

TEST_CASE("an address may begin some handshakes at once, and then so many a second") {
    Peers peers;
    const auto begin = [&](const char* ip, TimePoint when) { return peers.limiter->enter(peer_at(ip), when).fault; };
    for (std::uint32_t i = 0; i < limits::logins_at_once_max; ++i) {
        REQUIRE(begin("2001:db8::1", entry_time) == Fault::none);
    }
    CHECK(begin("2001:db8::2", entry_time) == Fault::too_often);  // the same /64
    CHECK(begin("2001:db8:0:1::1", entry_time) == Fault::none);
    for (std::uint32_t i = 0; i < limits::logins_per_second_max; ++i) {
        REQUIRE(begin("2001:db8::1", entry_time + 1s) == Fault::none);
    }
    CHECK(begin("2001:db8::1", entry_time + 1s) == Fault::too_often);
    for (std::uint32_t i = 0; i < 2 * limits::logins_at_once_max; ++i) {
        REQUIRE(begin("127.0.0.1", entry_time) == Fault::none);  // this host
    }
}

TEST_CASE("so do homes and blocks, from however many addresses") {
    auto limiter = std::make_shared<LoginLimiter>();
    const auto begin = [&](const std::string& before, std::uint32_t last, TimePoint when = entry_time) {
        return limiter->enter(peer_at(before + std::to_string(last) + "::1"), when);
    };
    for (std::uint32_t i = 0; i < limits::logins_of_home_at_once_max; ++i) {
        REQUIRE(begin("2001:db8:0:", i % 90).fault == Fault::none);
    }
    CHECK(begin("2001:db8:0:", 91).fault == Fault::too_often);
    CHECK(begin("2001:db8:0:", 91).network == "2001:db8::/56");
    const std::uint32_t others = limits::logins_of_block_at_once_max - limits::logins_of_home_at_once_max;
    for (std::uint32_t i = 0; i < others; ++i) {
        REQUIRE(begin("2001:db8:0:", 1'000 + i % 2 * 1'000 + i % 90).fault == Fault::none);
    }
    CHECK(begin("2001:db8:0:", 3'000).network == "2001:db8::/48");
    CHECK(begin("2001:db8:1:", 0).fault == Fault::none);  // another block
    for (std::uint32_t i = 0; i < limits::logins_of_home_per_second_max; ++i) {
        REQUIRE(begin("2001:db8:0:", i % 90, entry_time + 1s).fault == Fault::none);
    }
    CHECK(begin("2001:db8:0:", 0, entry_time + 1s).network == "2001:db8::/56");
}

TEST_CASE("an address that comes all the time does not use up what its neighbours may") {
    auto limiter = std::make_shared<LoginLimiter>();
    for (std::uint32_t i = 0; i < 10 * limits::logins_of_block_at_once_max; ++i) {
        (void)limiter->enter(peer_at("192.0.2.1"), entry_time);
    }
    CHECK(limiter->enter(peer_at("192.0.2.1"), entry_time).network == "192.0.2.1");
    CHECK(limiter->enter(peer_at("192.0.2.2"), entry_time).fault == Fault::none);
}

TEST_CASE("addresses are forgotten when their buckets are full, and there are only so many") {
    AddressRateLimiter::Settings settings;
    settings.limit = {.burst = 2, .per_second = 1};
    settings.addresses_max = 2;
    AddressRateLimiter limiter(settings);
    for (const char* ip : {"a", "a", "b", "c", "c", "c"}) {
        CHECK(limiter.take(ip, entry_time));  // there is no room for c
    }
    CHECK_FALSE(limiter.take("a", entry_time));
    CHECK(limiter.addresses() == 2);
    CHECK(limiter.take("c", entry_time + 1s));  // b is forgotten, a is not
    CHECK(limiter.take("c", entry_time + 1s));
    CHECK_FALSE(limiter.take("c", entry_time + 1s));
    CHECK(limiter.addresses() == 2);
}
