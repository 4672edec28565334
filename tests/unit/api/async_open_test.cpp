// Server::async_open: which client's service is dialled, how long that may take, and giving it up.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "support/count_allocations.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

// A server, and a client that takes visitors by hand: until it does, an open has no answer.
struct OpenFixture {
    Secret token = Secret::generate();
    Server server = server_builder(token).workers(1).build();
    Client client;
    Listener listener;

    OpenFixture() {
        server.start();
        client = named("alice");
        listener = client.async_listen(Tcp::private_service("desk"), asio::use_future).get();
    }
    Client named(const std::string& name) {
        Client made = client_builder(token, server.client_endpoint()).name(name).workers(1).build();
        made.start();
        return made;
    }
    std::error_code open(OpenTarget target) {
        try {
            server.async_open(std::move(target), asio::use_future).get();
            return {};
        } catch (const std::system_error& error) {
            return error.code();
        }
    }
};

}  // namespace

TEST_CASE("an open that nobody answers ends when the caller says", "[open]") {
    OpenFixture rig;
    OpenTarget target("desk");
    target.timeout = 1s;  // in which the client hears of it
    CHECK(rig.open(target) == errc::timed_out);
    // The client hears that the open has ended: an application that accepts then gets the next visitor.
    REQUIRE(eventually([&] {
        const TrafficStats traffic = rig.client.stats().traffic;
        return traffic.streams_opened == 1 && traffic.streams == 0;
    }));
    std::future<Stream> next = rig.server.async_open("desk", asio::use_future);
    std::future<Stream> accepted = rig.listener.async_accept(asio::use_future);
    CHECK(next.get().is_open());
    CHECK(accepted.get().is_open());
}

TEST_CASE("a stream or listener that a future brings has the executor of its server or client", "[open]") {
    OpenFixture rig;
    CHECK(rig.listener.get_executor() == rig.client.get_executor());
    std::future<Stream> accepted = rig.listener.async_accept(asio::use_future);
    CHECK(rig.server.async_open("desk", asio::use_future).get().get_executor() == rig.server.get_executor());
    CHECK(accepted.get().get_executor() == rig.client.get_executor());
}

TEST_CASE("an open can be cancelled before and after the client has heard of it", "[open]") {
    OpenFixture rig;
    for (int turn = 0; turn < 100; ++turn) {
        const bool heard = turn % 25 == 24;
        INFO("turn " << turn << ", heard " << heard);
        asio::cancellation_signal signal;
        std::promise<std::error_code> ended;
        std::future<Incoming> coming;
        if (heard) {
            coming = rig.listener.async_incoming(asio::use_future);
        }
        rig.server.async_open("desk", asio::bind_cancellation_slot(signal.slot(), [&](std::error_code error, Stream) {
                                  ended.set_value(error);
                              }));
        Incoming incoming = heard ? coming.get() : Incoming();
        std::this_thread::sleep_for(std::chrono::microseconds(turn));  // at another moment of the dial each time
        signal.emit(asio::cancellation_type::terminal);
        CHECK(ended.get_future().get() == asio::error::operation_aborted);
        CHECK(eventually([&] { return rig.client.stats().traffic.streams == 0; }));
    }
}

TEST_CASE("cancelling an open that has completed does nothing to its stream", "[open]") {
    OpenFixture rig;
    asio::cancellation_signal signal;
    std::promise<Stream> opened;
    std::future<Stream> accepted = rig.listener.async_accept(asio::use_future);
    rig.server.async_open("desk", asio::bind_cancellation_slot(signal.slot(), [&](std::error_code, Stream stream) {
                              opened.set_value(std::move(stream));
                          }));
    Stream near = opened.get_future().get();
    Stream far = accepted.get();
    signal.emit(asio::cancellation_type::all);
    asio::async_write(near, asio::buffer("x", 1), asio::use_future).get();
    char byte = 0;
    CHECK(asio::async_read(far, asio::buffer(&byte, 1), asio::use_future).get() == 1);
    CHECK(byte == 'x');
}

TEST_CASE("a client has a name, and its service is told apart by that from another client's", "[open]") {
    OpenFixture rig;
    Client bob = rig.named("bob");
    Listener desk = bob.async_listen(Tcp::private_service("desk"), asio::use_future).get();
    CHECK(desk.endpoint() == "private");
    CHECK(desk.port() == 0);
    std::vector<std::string> names;
    for (const TunnelInfo& tunnel : rig.server.tunnels()) {
        names.push_back(tunnel.name);
        REQUIRE(tunnel.services.size() == 1);
        CHECK(tunnel.services[0].endpoint == "private");
    }
    CHECK(names.size() == 2);
    CHECK(std::count(names.begin(), names.end(), "bob") == 1);
    for (int i = 0; i < 3; ++i) {
        std::future<Stream> accepted = desk.async_accept(asio::use_future);
        CHECK(rig.server.async_open({"desk", "bob"}, asio::use_future).get().is_open());
        CHECK(accepted.get().visitor().endpoint == "private");
    }
    CHECK(rig.open({"desk", "carol"}) == errc::unknown_service);
    CHECK(rig.open("private") == errc::unknown_service);
    OpenTarget other_token("desk", "bob");
    other_token.token = "another";
    CHECK(rig.open(other_token) == errc::unknown_service);
}

TEST_CASE("an open looks for its service in place, and copies nothing of the others", "[open]") {
    OpenFixture rig;
    constexpr int services = 200;  // copying each of them would take some allocations
    for (int i = 0; i < services; ++i) {
        rig.client.add(Tcp::private_service("a-name-that-fills-memory." + std::to_string(i), "127.0.0.1:1"));
    }
    REQUIRE_FALSE(rig.client.wait_ready(patience));
    REQUIRE(eventually([&] { return rig.server.stats().services == services + 1; }));
    std::future<Stream> accepted = rig.listener.async_accept(asio::use_future);
    ferrotunnel::test::fail_allocation(services);
    std::future<Stream> opened = rig.server.async_open("desk", asio::use_future);
    CHECK_FALSE(ferrotunnel::test::fail_allocation(0));  // this thread has made fewer allocations
    CHECK(opened.get().is_open());
    CHECK(accepted.get().is_open());
}

TEST_CASE("a private service has no port, whatever else its description says", "[open]") {
    Client client = client_builder(Secret::generate(), "127.0.0.1:1").build();
    Tcp both = Tcp::private_service("db", "127.0.0.1:5432");
    both.remote_port = 5432;
    CHECK_THROWS_WITH(client.add(both), Catch::Contains("private"));
    CHECK(client.add(Tcp::private_service("", "127.0.0.1:5432")).name() == "private:127.0.0.1:5432");
}
