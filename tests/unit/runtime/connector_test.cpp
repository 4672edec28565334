#include "runtime/connector.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/lasting_port.hpp"
#include "unit/runtime/deaf.hpp"
#include "unit/runtime/loopback.hpp"
#include "unit/runtime/own_loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;
using namespace std::chrono_literals;

namespace {

struct Outcome {
    Connector::Callback callback() {
        return [this](std::error_code error_in, Fd fd_in) {
            ++calls;
            error = error_in;
            fd = std::move(fd_in);
        };
    }
    int calls = 0;
    std::error_code error;
    Fd fd;
};

/// A unix socket in a folder of its own, where two connections may wait.
struct UnixListener {
    UnixListener() {
        char name[] = "/tmp/ferrotunnel-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        folder = name;
        to.path = folder + "/socket";
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        to.path.copy(where.sun_path, sizeof where.sun_path - 1);
        listener = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
        REQUIRE(::listen(listener.get(), 1) == 0);
    }
    ~UnixListener() {
        ::unlink(to.path.c_str());
        ::rmdir(folder.c_str());
    }
    // Makes connections until one more would have to wait for room.
    void fill() {
        std::error_code error;
        while (Fd socket = connect_unix(to.path, error)) {
            fillers.push_back(std::move(socket));
        }
        REQUIRE(error == std::errc::resource_unavailable_try_again);
    }
    void accept() { Fd(::accept(listener.get(), nullptr, nullptr)); }

    std::string folder;
    UnixPath to;
    Fd listener;
    std::vector<Fd> fillers;
};

SocketAddress refusing_address() {
    return loopback(ferrotunnel::test::lasting_port());  // nobody listens there
}

}  // namespace

TEST_CASE("a unix socket is connected at once, or it is told why not", "[unix]") {
    OwnLoop loop;
    UnixListener listener;
    Outcome outcome;
    Connector connector(loop.worker, listener.to, outcome.callback(), {});
    CHECK(connector.take_connected());
    CHECK(outcome.calls == 0);
    Connector missing(loop.worker, UnixPath{listener.folder + "/none"}, outcome.callback(), {});
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error == std::errc::no_such_file_or_directory);
    Connector too_long(loop.worker, UnixPath{"/" + std::string(unix_path_max, 'x')}, outcome.callback(), {});
    REQUIRE(loop.run_until([&] { return outcome.calls == 2; }));
    CHECK(outcome.error == std::errc::filename_too_long);
}

TEST_CASE("a unix socket that has no room is tried again", "[unix]") {
    OwnLoop loop;
    UnixListener listener;
    listener.fill();
    Outcome outcome;
    SECTION("until it has") {
        Connector connector(loop.worker, listener.to, outcome.callback(), {});
        CHECK_FALSE(connector.take_connected());
        listener.accept();
        REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
        CHECK_FALSE(outcome.error);
        CHECK(outcome.fd);
    }
    SECTION("until its time is over") {
        Connector connector(loop.worker, listener.to, outcome.callback(), {50ms});
        REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
        CHECK(outcome.error == std::errc::timed_out);
    }
}

TEST_CASE("within one machine the connection is there at once, for who asks, and then the callback is not called") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(16);
    Outcome outcome;
    // It is not there at once if the kernel puts the handshake off, which a busy one may do, but not each time.
    int put_off = 0;
    for (bool at_once = false; !at_once; ++put_off) {
        REQUIRE(put_off < 10);
        Connector connector(loop.worker, "", {local_address(listener.get())}, outcome.callback(), {});
        if (Fd socket = connector.take_connected()) {
            at_once = true;
            CHECK(peer_address(socket.get()).text() == local_address(listener.get()).text());
            CHECK_FALSE(connector.take_connected());
            loop.io.run_for(20ms);
            CHECK(outcome.calls == 0);
        }
    }

    Connector refused(loop.worker, "", {refusing_address()}, outcome.callback(), {});
    CHECK_FALSE(refused.take_connected());
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error == std::errc::connection_refused);
}

TEST_CASE("connects by address and by name, never calling back from within") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(16);
    std::uint16_t port = local_address(listener.get()).port();
    for (const char* host : {"127.0.0.1", "localhost", ""}) {
        CAPTURE(host);
        Outcome outcome;
        Connector connector(loop.worker, net::HostPort{host, port}, outcome.callback());
        CHECK(outcome.calls == 0);
        REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
        CHECK_FALSE(outcome.error);
        REQUIRE(outcome.fd);
        CHECK(peer_address(outcome.fd.get()).port() == port);
        CHECK(loop.worker.poller().size() == 1);  // the doorbell; the socket belongs to the callback now
    }
    CHECK(loop.worker.timers_set() == 0);
}

TEST_CASE("a refusal is told") {
    OwnLoop loop;
    Outcome outcome;
    Connector connector(loop.worker, net::HostPort{"127.0.0.1", refusing_address().port()}, outcome.callback());
    CHECK(outcome.calls == 0);
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error == std::errc::connection_refused);
    CHECK_FALSE(outcome.fd);
}

TEST_CASE("an address that cannot be reached is told, not from within the constructor") {
    OwnLoop loop;
    Outcome outcome;
    Connector connector(loop.worker, "", std::vector<SocketAddress>{}, outcome.callback(), {});
    CHECK(outcome.calls == 0);
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error == std::errc::host_unreachable);
}

TEST_CASE("a connect that hangs ends with its deadline") {
    OwnLoop loop;
    Deaf deaf;
    Outcome outcome;
    Connector connector(loop.worker, "", {deaf.address}, outcome.callback(), {.deadline = 50ms});
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error == std::errc::timed_out);
}

TEST_CASE("each address gets its turn: refused, deaf, then one that answers") {
    OwnLoop loop;
    Deaf deaf;
    Fd listener = listen_on_loopback(16);
    Outcome outcome;
    Connector connector(loop.worker, "", {refusing_address(), deaf.address, local_address(listener.get())},
                        outcome.callback(), {.deadline = 60s});
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK_FALSE(outcome.error);
    REQUIRE(outcome.fd);
    CHECK(peer_address(outcome.fd.get()).port() == local_address(listener.get()).port());
}

TEST_CASE("destroying a connector cancels it, whatever it is doing") {
    OwnLoop loop;
    Deaf deaf;
    Fd listener = listen_on_loopback(16);
    Outcome outcome;
    {
        Connector resolving(loop.worker, net::HostPort{"localhost", 1}, outcome.callback());
        Connector connecting(loop.worker, "", {deaf.address}, outcome.callback(), {});
        Connector connected(loop.worker, "", {local_address(listener.get())}, outcome.callback(), {});
        Connector failed(loop.worker, "", std::vector<SocketAddress>{}, outcome.callback(), {});
    }
    loop.io.run_for(20ms);
    CHECK(outcome.calls == 0);
    CHECK(loop.worker.poller().size() == 1);
    CHECK(loop.worker.timers_set() == 0);
}

TEST_CASE("the callback may destroy the connector") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(16);
    std::optional<Connector> connector;
    bool called = false;
    connector.emplace(loop.worker, net::HostPort{"localhost", local_address(listener.get()).port()},
                      [&](std::error_code error, Fd fd) {
                          CHECK_FALSE(error);
                          CHECK(fd);
                          connector.reset();
                          called = true;
                      });
    CHECK(loop.run_until([&] { return called; }));
}

TEST_CASE("who has no memory to hear of a connection hears that there was none") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(16);
    const std::uint16_t port = local_address(listener.get()).port();
    const std::string host = GENERATE("127.0.0.1", "localhost");
    const bool refused = GENERATE(false, true);
    if (refused) {
        listener.reset();
    }
    std::vector<std::error_code> told;
    Connector connector(loop.worker, net::HostPort{host, port}, [&](std::error_code error, Fd) {
        told.push_back(error);
        if (told.size() == 1) {
            throw std::bad_alloc();
        }
    });
    REQUIRE(loop.run_until([&] { return told.size() == 2; }));
    CHECK(static_cast<bool>(told[0]) == refused);
    CHECK(told[1] == std::errc::not_enough_memory);
}

TEST_CASE("a connector may be destroyed by a callback that then lacks memory") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(16);
    int calls = 0;
    std::unique_ptr<Connector> connector;
    connector = std::make_unique<Connector>(
        loop.worker, net::HostPort{"127.0.0.1", local_address(listener.get()).port()}, [&](std::error_code, Fd) {
            ++calls;
            connector.reset();
            throw std::bad_alloc();
        });
    REQUIRE(loop.run_until([&] { return calls == 1; }));
    loop.io.run_for(200ms);
    CHECK(calls == 1);
}

TEST_CASE("of those who wait for a name everybody is answered, also beside one who lacks memory") {
    OwnLoop loop;
    std::vector<std::error_code> first;
    std::vector<std::error_code> second;
    Resolver one(loop.worker, {"localhost", 80}, [&](std::error_code error, const std::vector<SocketAddress>&) {
        first.push_back(error);
        if (!error) {
            throw std::bad_alloc();
        }
    });
    Resolver two(loop.worker, {"localhost", 81},
                 [&](std::error_code error, const std::vector<SocketAddress>&) { second.push_back(error); });
    REQUIRE(loop.run_until([&] { return !second.empty(); }));
    CHECK(first == std::vector<std::error_code>{{}, std::make_error_code(std::errc::not_enough_memory)});
    CHECK(second == std::vector<std::error_code>{{}});
    std::vector<std::error_code> later;
    Resolver three(loop.worker, {"localhost", 82},
                   [&](std::error_code error, const std::vector<SocketAddress>&) { later.push_back(error); });
    REQUIRE(loop.run_until([&] { return !later.empty(); }));
}

TEST_CASE("a question for which there is no memory was never asked, and the name can be asked for again") {
    bool has_failed = true;
    for (std::uint64_t nth = 1; has_failed; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 50);
        OwnLoop loop;
        int dangling = 0;
        std::optional<Resolver> resolver;
        ferrotunnel::test::fail_allocation(nth);
        try {
            resolver.emplace(loop.worker, net::HostPort{"localhost", 80},
                             [&](std::error_code, const std::vector<SocketAddress>&) { ++dangling; });
        } catch (const std::bad_alloc&) {
        }
        has_failed = ferrotunnel::test::fail_allocation(0);
        const bool asked = resolver.has_value();
        int answers = 0;
        Resolver again(loop.worker, {"localhost", 80},
                       [&](std::error_code, const std::vector<SocketAddress>&) { ++answers; });
        REQUIRE(loop.run_until([&] { return answers == 1; }));
        CHECK(dangling == (asked ? 1 : 0));
    }
}

TEST_CASE("a name that does not exist is told in the resolver's words") {
    OwnLoop loop;
    Outcome outcome;
    Connector connector(loop.worker, net::HostPort{"name.invalid", 1}, outcome.callback(), {.deadline = 60s});
    REQUIRE(loop.run_until([&] { return outcome.calls == 1; }));
    CHECK(outcome.error);
    CHECK_FALSE(outcome.error.message().empty());
}

TEST_CASE("a worker stops while a lookup is under way") {
    Outcome outcome;
    Worker worker;
    // Nobody delivers mail before the start, so the lookup's answer finds a worker that stops.
    auto connector = std::make_unique<Connector>(worker, net::HostPort{"stopped.invalid", 1}, outcome.callback());
    worker.stop();
    worker.start();
    worker.join();
    connector.reset();
    CHECK(outcome.calls <= 1);
}
