// Sockets that wait until somebody would listen at their address.
#include "runtime/passed_sockets.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "runtime/datagram_socket.hpp"
#include "unit/runtime/loopback.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel::runtime;
using ferrotunnel::runtime::test::listen_on_loopback;
using ferrotunnel::runtime::test::loopback;

namespace {

std::vector<NamedSocket> only(Fd socket, std::string name = {}) {
    std::vector<NamedSocket> list;
    list.push_back({std::move(socket), std::move(name)});
    return list;
}

}  // namespace

TEST_CASE("a socket that was passed on is found by its address and kind, or by its name") {
    PassedSockets passed;
    Fd listener = listen_on_loopback();
    const int number = listener.get();
    const SocketAddress at = local_address(number);
    passed.add(only(std::move(listener), "http"));
    CHECK(passed.copies().size() == 1);
    CHECK(passed.copies().front().socket.get() != number);
    std::error_code error;
    CHECK(passed.bind_datagrams(at, error).get() != number);  // TCP and UDP have numbers of their own
    CHECK(passed.size() == 1);
    CHECK(passed.listen_on(at, error).get() == number);
    CHECK(passed.size() == 0);
    CHECK_FALSE(error);
    Fd named = listen_on_loopback();
    const int other = named.get();
    passed.add(only(std::move(named), "metrics"));
    CHECK(passed.listen_on(loopback(), error, "http").get() != other);
    const std::uint64_t changes = passed.changes();
    CHECK(passed.listen_on(loopback(), error, "metrics").get() == other);
    CHECK(passed.changes() != changes);
}

TEST_CASE("datagrams wait at an address that is known, until somebody wants them there", "[udp]") {
    PassedSockets passed;
    std::error_code error;
    SocketAddress at;
    {
        const Fd found = bind_datagrams(loopback(), error);
        at = local_address(found.get());
        CHECK_FALSE(passed.keep_datagrams(at));  // somebody has it
    }
    REQUIRE(passed.keep_datagrams(at));
    REQUIRE(passed.keep_datagrams(at));
    CHECK(passed.size() == 1);
    const Fd visitor = connect_datagrams(at, error);
    REQUIRE(::send(visitor.get(), "early", 5, 0) == 5);
    const Fd taken = passed.bind_datagrams(at, error);
    REQUIRE(taken);
    ferrotunnel::transport::test::wait_for(taken.get(), POLLIN);
    char text[8] = {};
    CHECK(::recv(taken.get(), text, sizeof text, 0) == 5);
    CHECK(std::string(text) == "early");
    CHECK(passed.size() == 0);
}

TEST_CASE("what waits on another IP address is not in the way", "[udp]") {
    PassedSockets passed;
    std::error_code error;
    Fd wide = bind_datagrams(*SocketAddress::from_ip("0.0.0.0", 0), error);
    REQUIRE(wide);
    const std::uint16_t port = local_address(wide.get()).port();
    passed.add(only(std::move(wide)));
    CHECK(passed.bind_datagrams(loopback(port), error));
    CHECK_FALSE(error);
    CHECK(passed.size() == 0);

    Fd listener = listen_on(*SocketAddress::from_ip("0.0.0.0", 0), error);
    REQUIRE(listener);
    const std::uint16_t other = local_address(listener.get()).port();
    passed.add(only(std::move(listener)));
    CHECK(passed.listen_on(loopback(other), error));
    CHECK_FALSE(error);
    const Fd busy = listen_on_loopback();
    CHECK_FALSE(passed.listen_on(local_address(busy.get()), error));  // nobody's who waits here
    CHECK(error == std::errc::address_in_use);
}

TEST_CASE("a listener that a service manager keeps is not in the way of another address of its port") {
    PassedSockets passed;
    std::error_code error;
    Fd listener = listen_on(*SocketAddress::from_ip("0.0.0.0", 0), error);
    REQUIRE(listener);
    const std::uint16_t port = local_address(listener.get()).port();
    const Fd of_manager = copy_of(listener.get());
    std::vector<NamedSocket> kept;
    SECTION("another process listens: it continues") {
        kept.push_back({std::move(listener), "tcp-1"});
        passed.add(std::move(kept));
        CHECK_FALSE(passed.listen_on(loopback(port), error));
        CHECK(error == std::errc::address_in_use);
        CHECK(start_connect(loopback(port), error));
    }
    SECTION("no process listens: its end is this process's to decide") {
        kept.push_back({std::move(listener), "tcp-1", true});
        passed.add(std::move(kept));
        CHECK(passed.listen_on(loopback(port), error));
        CHECK_FALSE(error);
    }
}
