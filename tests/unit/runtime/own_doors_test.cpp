#include "runtime/own_doors.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "runtime/connector.hpp"
#include "unit/runtime/loopback.hpp"
#include "unit/runtime/own_loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;

namespace {

SocketAddress own_door_address(const char* ip, std::uint16_t port) {
    return SocketAddress::from_ip(ip, port).value();
}

}  // namespace

TEST_CASE("own doors: every address that ends at the listener, and no other") {
    std::optional<OwnDoor> door(std::in_place, own_door_address("127.0.0.1", 4040));
    const OwnDoor six(own_door_address("::1", 4041));
    for (const char* ip : {"127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:0.0.0.0"}) {
        INFO(ip);
        CHECK(leads_to_own_door(own_door_address(ip, 4040)));
        CHECK_FALSE(leads_to_own_door(own_door_address(ip, 4041)));
        CHECK_FALSE(leads_to_own_door(own_door_address(ip, 4042)));
    }
    for (const char* ip : {"::1", "::"}) {
        INFO(ip);
        CHECK(leads_to_own_door(own_door_address(ip, 4041)));
        CHECK_FALSE(leads_to_own_door(own_door_address(ip, 4040)));
    }
    CHECK_FALSE(leads_to_own_door(own_door_address("127.0.0.2", 4040)));
    CHECK_FALSE(leads_to_own_door(own_door_address("192.0.2.1", 4040)));
    door.reset();
    CHECK_FALSE(leads_to_own_door(own_door_address("127.0.0.1", 4040)));
}

TEST_CASE("own doors: a unix socket by whatever path leads to it") {
    char name[] = "/tmp/ferrotunnel-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string folder = name;
    const std::string path = folder + "/control.sock";
    const OwnDoor door(path);
    CHECK_FALSE(leads_to_own_door(path));    // nothing is there to be reached
    REQUIRE(std::ofstream(path).put('\n'));  // only which file it is counts
    REQUIRE(::symlink(folder.c_str(), (folder + "/again").c_str()) == 0);
    REQUIRE(::link(path.c_str(), (folder + "/other").c_str()) == 0);
    CHECK(leads_to_own_door(path));
    CHECK(leads_to_own_door(folder + "/again/control.sock"));
    CHECK(leads_to_own_door(folder + "/other"));
    CHECK(leads_to_own_door("/proc/self/root" + path));
    CHECK_FALSE(leads_to_own_door(folder));
    for (const char* file : {"/again", "/other", "/control.sock", ""}) {
        std::remove((folder + file).c_str());
    }
}

TEST_CASE("own doors: a connector does not lead there, whoever listens", "[connect]") {
    OwnLoop loop;
    const Fd listener = listen_on_loopback();
    const SocketAddress at = local_address(listener.get());
    const OwnDoor door(at);
    std::optional<std::error_code> told;
    Connector connector(loop.worker, net::HostPort{"127.0.0.1", at.port()}, [&](std::error_code error, Fd socket) {
        CHECK_FALSE(socket);
        told = error;
    });
    CHECK_FALSE(connector.take_connected());
    REQUIRE(loop.run_until([&] { return told.has_value(); }));
    CHECK(*told == own_door_error());
    CHECK_THAT(told->message(), Catch::Contains("own control API"));
}
