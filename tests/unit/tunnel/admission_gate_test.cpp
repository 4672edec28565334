#include "tunnel/admission_gate.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::tunnel;

namespace {

runtime::SocketAddress address(const char* ip) {
    return *runtime::SocketAddress::from_ip(ip, 1234);
}

}  // namespace

TEST_CASE("the gate counts in all and per address, and forgets who has left") {
    auto gate = std::make_shared<AdmissionGate>(3, 2);
    std::vector<std::shared_ptr<AdmissionGate::Ticket>> inside;
    inside.push_back(gate->enter("a"));
    inside.push_back(gate->enter("a"));
    CHECK(gate->enter("a") == nullptr);
    inside.push_back(gate->enter("b"));
    CHECK(gate->enter("c") == nullptr);
    CHECK(gate->count() == 3);
    inside.erase(inside.begin());
    CHECK(gate->enter("a") != nullptr);
    inside.clear();
    CHECK(gate->count() == 0);
}

TEST_CASE("an address that is turned away leaves no trace") {
    auto gate = std::make_shared<AdmissionGate>(8, 0);
    CHECK(gate->enter("a") == nullptr);
    CHECK(gate->count() == 0);
}

TEST_CASE("a network of IPv6 counts as one address, an IPv4 address as itself") {
    CHECK(network_of(address("2001:db8:1:2::1")) == network_of(address("2001:db8:1:2:ffff:ffff:ffff:ffff")));
    CHECK(network_of(address("2001:db8:1:2::1")) != network_of(address("2001:db8:1:3::1")));
    CHECK(network_of(address("192.0.2.1")) != network_of(address("192.0.2.2")));
    CHECK(network_of(address("::ffff:192.0.2.1")) != network_of(address("::ffff:192.0.2.2")));
}
