// Whose a TCP connection within this machine is.
#include "admin/connection_user.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <system_error>
#include <utility>

#include "admin/peer.hpp"
#include "runtime/socket.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

// A connection on this address: both ends.
std::pair<runtime::Fd, runtime::Fd> connection_at(const char* ip) {
    std::error_code error;
    const runtime::Fd listener = runtime::listen_on(runtime::SocketAddress::from_ip(ip, 0).value(), error);
    REQUIRE_FALSE(error);
    runtime::Fd ours = runtime::start_connect(runtime::local_address(listener.get()), error);
    REQUIRE_FALSE(error);
    runtime::SocketAddress peer;
    runtime::Fd theirs;
    while (!theirs) {  // a connection within this machine is there when the kernel has run
        theirs = runtime::accept_from(listener.get(), peer, error);
    }
    return {std::move(ours), std::move(theirs)};
}

}  // namespace

TEST_CASE("connection user: the kernel tells whose the other end is") {
    const auto [client, accepted] = connection_at("127.0.0.1");
    CHECK(user_at(accepted.get()) == ::geteuid());
    const auto [twin, accepted_twin] = connection_at("127.0.0.2");
    CHECK(user_at(accepted_twin.get()) == ::geteuid());
}

TEST_CASE("connection user: a socket that was closed is nobody's, and not root's") {
    auto [client, accepted] = connection_at("127.0.0.1");
    client.reset();
    CHECK(user_at(accepted.get()) == std::nullopt);
}

TEST_CASE("connection user: what is no connection is nobody's") {
    const auto [client, accepted] = connection_at("127.0.0.1");
    const runtime::SocketAddress theirs = runtime::peer_address(accepted.get());
    runtime::SocketAddress other = runtime::local_address(accepted.get());
    other.set_port(1);
    CHECK(user_of_connection(theirs, other) == std::nullopt);
    CHECK(user_of_connection({}, other) == std::nullopt);
}
