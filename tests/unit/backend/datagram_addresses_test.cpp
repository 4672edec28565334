#include "backend/datagram_addresses.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "backend/limits.hpp"
#include "base/limits.hpp"

using namespace ferrotunnel;
using backend::DatagramAddresses;
using runtime::SocketAddress;
using namespace std::chrono_literals;

namespace {

std::vector<SocketAddress> all(std::initializer_list<const char*> ips) {
    std::vector<SocketAddress> addresses;
    for (const char* ip : ips) {
        addresses.push_back(*SocketAddress::from_ip(ip, 53));
    }
    return addresses;
}

struct Visitor {
    explicit Visitor(std::initializer_list<const char*> ips, bool is_name = true) { addresses.set(all(ips), is_name); }

    // Sends after a time, and says what came of that.
    std::string send_after(Duration time) {
        now += time;
        return text_of(addresses.before_sending(now));
    }
    std::string refuse() { return text_of(addresses.refused(now)); }
    std::string text_of(DatagramAddresses::Advice advice) const {
        return addresses.current().ip() + (advice.moves ? " moved" : "") + (advice.resolves ? " resolve" : "");
    }

    DatagramAddresses addresses;
    TimePoint now = TimePoint{} + 1h;
};

constexpr Duration answer_wait = limits::udp_answer_patience;
constexpr Duration silent_for = limits::udp_resolve_after;

}  // namespace

TEST_CASE("an address that does not answer makes room for the next one, once around", "[udp]") {
    Visitor visitor({"192.0.2.1", "192.0.2.2"});
    CHECK(visitor.send_after(1h) == "192.0.2.1");  // silence before the first datagram does not count
    CHECK(visitor.send_after(answer_wait - 1ns) == "192.0.2.1");
    CHECK(visitor.send_after(1ns) == "192.0.2.2 moved");
    CHECK(visitor.send_after(answer_wait - 1ns) == "192.0.2.2");
    CHECK(visitor.send_after(1ns) == "192.0.2.1 moved");
    CHECK(visitor.send_after(answer_wait) == "192.0.2.1");
    CHECK(visitor.send_after(silent_for - 3 * answer_wait - 1ns) == "192.0.2.1");
    CHECK(visitor.send_after(1ns) == "192.0.2.2 moved resolve");  // and around again
    CHECK_FALSE(visitor.addresses.renew(all({"192.0.2.1", "192.0.2.2"})));
    CHECK(visitor.send_after(answer_wait) == "192.0.2.1 moved");
    CHECK(visitor.send_after(answer_wait) == "192.0.2.1");
}

TEST_CASE("an address that has answered stays until it has been silent for long", "[udp]") {
    Visitor visitor({"192.0.2.1", "192.0.2.2"});
    (void)visitor.send_after(0s);
    CHECK(visitor.send_after(answer_wait) == "192.0.2.2 moved");
    CHECK(visitor.addresses.answered());  // the first one did not
    CHECK_FALSE(visitor.addresses.answered());
    CHECK(visitor.send_after(1h) == "192.0.2.2");  // nothing was asked meanwhile
    CHECK(visitor.send_after(silent_for - 1ns) == "192.0.2.2");
    CHECK_FALSE(visitor.addresses.answered());
    CHECK(visitor.send_after(silent_for) == "192.0.2.2");
    CHECK(visitor.send_after(silent_for) == "192.0.2.1 moved resolve");
    CHECK_FALSE(visitor.addresses.answered());
}

TEST_CASE("a refusal leads to the next address, and to the resolver at most once a second", "[udp]") {
    Visitor visitor({"192.0.2.1", "192.0.2.2"});
    CHECK(visitor.refuse() == "192.0.2.2 moved resolve");
    CHECK(visitor.refuse() == "192.0.2.1 moved");
    visitor.now += limits::name_retry;
    CHECK(visitor.refuse() == "192.0.2.2 moved resolve");

    Visitor alone({"192.0.2.1"});
    CHECK(alone.refuse() == "192.0.2.1 resolve");
    CHECK_FALSE(alone.addresses.renew(all({"192.0.2.1"})));
    CHECK(alone.addresses.renew(all({"192.0.2.1", "192.0.2.9"})));  // the other one did not refuse
    CHECK(alone.addresses.current().ip() == "192.0.2.9");
}

TEST_CASE("an address that is none of the name's any more is left", "[udp]") {
    Visitor visitor({"192.0.2.1"});
    (void)visitor.send_after(0s);
    CHECK(visitor.send_after(silent_for - 1ns) == "192.0.2.1");
    CHECK(visitor.send_after(1ns) == "192.0.2.1 resolve");
    CHECK(visitor.addresses.renew(all({"192.0.2.7", "192.0.2.8"})));
    CHECK(visitor.addresses.current().ip() == "192.0.2.7");
    CHECK_FALSE(visitor.addresses.renew(all({"192.0.2.8", "192.0.2.7"})));
    CHECK(visitor.addresses.current().ip() == "192.0.2.7");
    CHECK(visitor.addresses.answered());  // it comes second by now
}

TEST_CASE("silence at a loopback address says nothing, and a numeric address is not resolved", "[udp]") {
    Visitor here({"127.0.0.1", "::1"}, false);
    (void)here.send_after(0s);
    CHECK(here.send_after(answer_wait) == "127.0.0.1");
    CHECK(here.send_after(silent_for) == "127.0.0.1");
    CHECK(here.refuse() == "::1 moved");
    CHECK_FALSE(here.addresses.answered());
    Visitor numeric({"192.0.2.1"}, false);
    (void)numeric.send_after(0s);
    CHECK(numeric.send_after(silent_for) == "192.0.2.1");
    CHECK(numeric.refuse() == "192.0.2.1");
}
