#include "tunnel/login_gate.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::tunnel;
using namespace std::chrono_literals;
using Fault = LoginGate::Fault;
using Ticket = std::shared_ptr<LoginGate::Ticket>;

namespace {

constexpr TimePoint now = TimePoint{} + 1h;

runtime::SocketAddress address(const std::string& ip) {
    return *runtime::SocketAddress::from_ip(ip, 1234);
}

LoginGate::Settings few(std::uint32_t max, std::uint32_t per_address_max) {
    LoginGate::Settings settings;
    settings.max = max;
    settings.per_address_max = per_address_max;
    return settings;
}

}  // namespace

TEST_CASE("the network that somebody may have as a whole") {
    CHECK(block_of(address("192.0.2.77")) == "192.0.2.0/24");
    CHECK(block_of(address("::ffff:192.0.2.77")) == "192.0.2.0/24");
    CHECK(block_of(address("2001:db8:1:2::3")) == "2001:db8:1::/48");
    CHECK(block_of(address("2001:db8:1:ffff::")) == "2001:db8:1::/48");
}

TEST_CASE("where there is no room, the oldest of those that have most gives way") {
    auto gate = std::make_shared<LoginGate>(few(4, 2));
    std::vector<std::string> gone;
    std::vector<Ticket> inside;
    const auto come = [&](const std::string& ip) {
        LoginGate::Answer answer = gate->enter(address(ip), now);
        REQUIRE(answer.ticket);
        answer.ticket->on_give_way([&gone, ip] { gone.push_back(ip); });
        inside.push_back(std::move(answer.ticket));
        return answer;
    };
    come("203.0.113.1");
    for (const char* ip : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        CHECK(come(ip).fault == Fault::none);
    }
    const LoginGate::Answer answer = come("198.51.100.1");
    CHECK(answer.fault == Fault::full);
    CHECK(answer.crowd == "192.0.2.0/24");
    CHECK(answer.crowd_has == 3);
    CHECK(gone == std::vector<std::string>{"192.0.2.1"});
    CHECK(gate->count() == 4);
    come("198.51.100.2");
    CHECK(gone == std::vector<std::string>{"192.0.2.1", "192.0.2.2"});
    inside.clear();  // also of those that have given way
    CHECK(gate->count() == 0);
}

TEST_CASE("one that can not be ended yet does not give way") {
    auto gate = std::make_shared<LoginGate>(few(1, 1));
    const Ticket first = gate->enter(address("192.0.2.1"), now).ticket;
    const LoginGate::Answer answer = gate->enter(address("192.0.2.2"), now);
    CHECK(answer.fault == Fault::full);
    CHECK_FALSE(answer.ticket);
    CHECK(gate->count() == 1);
}

TEST_CASE("one address has its own cap, and takes nobody's place beyond it") {
    auto gate = std::make_shared<LoginGate>(few(3, 2));
    bool gone = false;
    std::vector<Ticket> inside;
    for (const char* ip : {"192.0.2.1", "192.0.2.1", "203.0.113.1"}) {
        inside.push_back(gate->enter(address(ip), now).ticket);
        REQUIRE(inside.back());
        inside.back()->on_give_way([&gone] { gone = true; });
    }
    const LoginGate::Answer answer = gate->enter(address("192.0.2.1"), now);
    CHECK(answer.fault == Fault::address_full);
    CHECK_FALSE(answer.ticket);
    CHECK_FALSE(gone);
}

TEST_CASE("an address may begin some handshakes at once, and then so many a second") {
    auto gate = std::make_shared<LoginGate>();
    const auto begin = [&](const char* ip, TimePoint when) { return gate->enter(address(ip), when).fault; };
    for (std::uint32_t i = 0; i < limits::logins_at_once_max; ++i) {
        REQUIRE(begin("2001:db8::1", now) == Fault::none);
    }
    CHECK(begin("2001:db8::2", now) == Fault::too_often);  // the same /64
    CHECK(begin("2001:db8:0:1::1", now) == Fault::none);
    for (std::uint32_t i = 0; i < limits::logins_per_second_max; ++i) {
        REQUIRE(begin("2001:db8::1", now + 1s) == Fault::none);
    }
    CHECK(begin("2001:db8::1", now + 1s) == Fault::too_often);
    for (std::uint32_t i = 0; i < 2 * limits::logins_at_once_max; ++i) {
        REQUIRE(begin("127.0.0.1", now) == Fault::none);  // this host
    }
}

TEST_CASE("addresses are forgotten when their buckets are full, and there are only so many") {
    RateGate::Settings settings;
    settings.at_once = 2;
    settings.per_second = 1;
    settings.addresses_max = 2;
    RateGate gate(settings);
    for (const char* ip : {"a", "a", "b", "c", "c", "c"}) {
        CHECK(gate.take(ip, now));  // there is no room for c
    }
    CHECK_FALSE(gate.take("a", now));
    CHECK(gate.addresses() == 2);
    CHECK(gate.take("c", now + 1s));  // b is forgotten, a is not
    CHECK(gate.take("c", now + 1s));
    CHECK_FALSE(gate.take("c", now + 1s));
    CHECK(gate.addresses() == 2);
}
