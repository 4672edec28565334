#include "login/address_networks.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::login;

namespace {

AddressNetworks of(const char* ip) {
    return networks_of(*runtime::SocketAddress::from_ip(ip, 1234));
}

}  // namespace

TEST_CASE("the networks that somebody may have as a whole") {
    CHECK(of("192.0.2.77") == AddressNetworks{"192.0.2.77", "", "192.0.2.0/24"});
    CHECK(of("::ffff:192.0.2.77") == of("192.0.2.77"));
    CHECK(of("2001:db8:1:2::3") == AddressNetworks{"2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48"});
    CHECK(of("2001:db8:1:ffee:1:2:3:4") ==
          AddressNetworks{"2001:db8:1:ffee::/64", "2001:db8:1:ff00::/56", "2001:db8:1::/48"});
    CHECK(of("::192.0.2.77") == AddressNetworks{"::/64", "::/56", "::/48"});  // which nobody has any more
}
