#include "runtime/protected_endpoints.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

Fd listen_at_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket.get(), 16) == 0);
    return socket;
}

/// Runs it in a process of its own, as a user without rights, in which `spoil` has made /proc unusable. Its value, 0 to
/// 250; 251: the process could not be made so, for want of rights.
template <typename Spoil, typename Body>
int without_proc(Spoil spoil, Body body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool is_ready = ::unshare(CLONE_NEWNS) == 0 &&
                              ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                              ::mount("none", "/proc", "tmpfs", 0, "mode=755") == 0 && spoil() &&
                              ::setresuid(65'534, 65'534, 65'534) == 0;
        ::_exit(is_ready ? body() : 251);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

bool has_visitor(const Fd& listener) {
    return static_cast<bool>(Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

}  // namespace

TEST_CASE("own doors: every address that ends at the listener, and no other") {
    std::optional<ProtectedEndpoint> endpoint(std::in_place, own_door_address("127.0.0.1", 4040));
    const ProtectedEndpoint six(own_door_address("::1", 4041));
    for (const char* ip : {"127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:0.0.0.0"}) {
        INFO(ip);
        CHECK(is_protected_endpoint(own_door_address(ip, 4040)));
        CHECK_FALSE(is_protected_endpoint(own_door_address(ip, 4041)));
        CHECK_FALSE(is_protected_endpoint(own_door_address(ip, 4042)));
    }
    for (const char* ip : {"::1", "::"}) {
        INFO(ip);
        CHECK(is_protected_endpoint(own_door_address(ip, 4041)));
        CHECK_FALSE(is_protected_endpoint(own_door_address(ip, 4040)));
    }
    CHECK_FALSE(is_protected_endpoint(own_door_address("127.0.0.2", 4040)));
    CHECK_FALSE(is_protected_endpoint(own_door_address("192.0.2.1", 4040)));
    endpoint.reset();
    CHECK_FALSE(is_protected_endpoint(own_door_address("127.0.0.1", 4040)));
}

TEST_CASE("own doors: a unix socket by whatever path leads to it") {
    char name[] = "/tmp/ferrotunnel-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string folder = name;
    const std::string path = folder + "/control.sock";
    const auto error_at = [](const std::string& to) {
        std::error_code error;
        const Fd connected = connect_unless_protected(to, error);
        CHECK(static_cast<bool>(connected) == !error);
        return error;
    };
    const ProtectedEndpoint endpoint(path);
    CHECK(error_at(path) == std::errc::no_such_file_or_directory);
    const Fd own = listen_at_path(path);
    const Fd other = listen_at_path(folder + "/elsewhere");
    REQUIRE(::symlink(folder.c_str(), (folder + "/again").c_str()) == 0);
    REQUIRE(::link(path.c_str(), (folder + "/other").c_str()) == 0);
    CHECK(error_at(path) == protected_endpoint_error());
    CHECK(error_at(folder + "/again/control.sock") == protected_endpoint_error());
    CHECK(error_at(folder + "/other") == protected_endpoint_error());
    CHECK(error_at("/proc/self/root" + path) == protected_endpoint_error());
    CHECK(error_at(folder) == std::errc::connection_refused);  // as the kernel says of what is not a socket
    CHECK(error_at(std::string(200, 'x')) == std::errc::filename_too_long);
    CHECK_FALSE(error_at(folder + "/again/elsewhere"));
    CHECK_FALSE(has_visitor(own));
    CHECK(has_visitor(other));
    for (const char* file : {"/again", "/other", "/control.sock", "/elsewhere", ""}) {
        std::remove((folder + file).c_str());
    }
}

TEST_CASE("own doors: a unix socket is reached where /proc is not there, closed or something else") {
    char name[] = "/tmp/ferrotunnel-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    REQUIRE(::chmod(name, 0777) == 0);
    const std::string folder = name;
    const ProtectedEndpoint endpoint(folder + "/own");
    const Fd own = listen_at_path(folder + "/own");
    const Fd other = listen_at_path(folder + "/other");
    const Fd shut = listen_at_path(folder + "/shut");
    REQUIRE(::chmod((folder + "/other").c_str(), 0777) == 0);
    REQUIRE(::chmod((folder + "/shut").c_str(), 0700) == 0);
    const auto connects = [&folder] {  // bits of what has gone wrong
        std::error_code error;
        int wrong = connect_unless_protected(folder + "/other", error) ? 0 : 1;
        wrong |= connect_unless_protected(folder + "/own", error) || error != protected_endpoint_error() ? 2 : 0;
        wrong |= connect_unless_protected(folder + "/shut", error) || error != std::errc::permission_denied ? 4 : 0;
        return wrong;
    };
    const std::vector<std::pair<const char*, std::function<bool()>>> cases = {
        {"not there", [] { return true; }},
        {"closed", [] { return ::chmod("/proc", 0700) == 0; }},
        {"a loop", [] { return ::symlink("self", "/proc/self") == 0; }},
        {"a file", [] { return static_cast<bool>(Fd(::open("/proc/self", O_CREAT | O_WRONLY, 0644))); }},
    };
    for (const auto& [what, spoil] : cases) {
        INFO(what);
        const int wrong = without_proc(spoil, connects);
        if (wrong == 251) {
            WARN("no right to make a mount namespace");
            break;
        }
        CHECK(wrong == 0);
    }
    for (const char* file : {"/own", "/other", "/shut", ""}) {
        std::remove((folder + file).c_str());
    }
}

TEST_CASE("own doors: a connector does not lead there, whoever listens", "[connect]") {
    OwnLoop loop;
    const Fd listener = listen_on_loopback();
    const SocketAddress at = local_address(listener.get());
    const ProtectedEndpoint endpoint(at);
    std::optional<std::error_code> told;
    Connector connector(loop.worker, net::HostPort{"127.0.0.1", at.port()}, [&](std::error_code error, Fd socket) {
        CHECK_FALSE(socket);
        told = error;
    });
    CHECK_FALSE(connector.take_connected());
    REQUIRE(loop.run_until([&] { return told.has_value(); }));
    CHECK(*told == protected_endpoint_error());
    CHECK_THAT(told->message(), Catch::Contains("own control API"));
}

TEST_CASE("own doors: a symlink that changes while it is followed does not lead to a unix socket either", "[connect]") {
    OwnLoop loop;
    char name[] = "/tmp/ferrotunnel-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string folder = name;
    const Fd own = listen_at_path(folder + "/own");
    const Fd other = listen_at_path(folder + "/other");
    const ProtectedEndpoint endpoint(folder + "/own");
    REQUIRE(::symlink((folder + "/other").c_str(), (folder + "/link").c_str()) == 0);
    std::atomic<bool> ends{false};
    std::atomic<int> flips{0};
    std::thread flipping([&] {
        while (!ends) {
            for (const char* target : {"/own", "/other"}) {
                std::remove((folder + "/next").c_str());
                (void)!::symlink((folder + target).c_str(), (folder + "/next").c_str());
                (void)std::rename((folder + "/next").c_str(), (folder + "/link").c_str());
                ++flips;
            }
        }
    });
    int reached_own = 0;
    int reached_other = 0;
    while (flips < 5'000 || reached_other == 0) {
        Connector connector(loop.worker, UnixPath{folder + "/link"}, [](std::error_code, const Fd&) {}, {});
        const Fd connected = connector.take_connected();
        reached_own += has_visitor(own) ? 1 : 0;
        reached_other += has_visitor(other) ? 1 : 0;
    }
    ends = true;
    flipping.join();
    CHECK(reached_own == 0);
    for (const char* file : {"/own", "/other", "/link", "/next", ""}) {
        std::remove((folder + file).c_str());
    }
}
