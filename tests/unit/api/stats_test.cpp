// What stats() counts, and when.
#include <algorithm>
#include <array>
#include <asio/use_future.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

constexpr std::uint64_t limit_of_memory = 16 * 1024 * 1024;

}  // namespace

TEST_CASE("visitors that a backend refuses are counted on both sides", "[threads][stats]") {
    Tunnel rig(lasting_address());  // nobody listens there
    for (int i = 0; i < 3; ++i) {
        Visitor(rig.service.port()).wait_for_end();
    }
    CHECK(eventually([&] { return rig.server.stats().traffic.streams_refused == 3; }));
    CHECK(eventually([&] { return rig.client.stats().traffic.streams_refused == 3; }));
    CHECK(rig.client.stats().traffic.streams_opened == 3);
}

TEST_CASE("totals stay after stop()", "[threads][stats]") {
    Echo echo;
    Tunnel rig(echo.address());
    REQUIRE(Visitor(rig.service.port()).echoes("twelve bytes"));
    REQUIRE(eventually([&] { return rig.client.stats().traffic.streams == 0; }));
    CHECK(rig.client.stats().traffic.bytes_received == 12);
    (void)rig.client.stop();
    (void)rig.server.stop();
    for (const TrafficStats& traffic : {rig.client.stats().traffic, rig.server.stats().traffic}) {
        CHECK(traffic.streams_opened == 1);
        CHECK(traffic.bytes_received == 12);
        CHECK(traffic.bytes_sent == 12);
        CHECK(traffic.streams == 0);
        CHECK(traffic.bytes_held == 0);
    }
    CHECK(rig.server.stats().logins >= 1);
    CHECK(rig.server.stats().visitors_accepted == 1);
    CHECK_FALSE(rig.client.stats().connected);
}

TEST_CASE("bytes of a service have the same direction on both sides", "[threads][stats]") {
    Echo echo;
    Tunnel rig(echo.address());
    Listener listener = rig.client.async_listen(Tcp(0, {}, "greeter"), asio::use_future).get();
    auto accepted = listener.async_accept(asio::use_future);
    auto opened = rig.server.async_open("greeter", asio::use_future);
    Stream served = accepted.get();
    Stream visitor = opened.get();
    std::array<char, 10> bytes{};
    asio::async_write(visitor, asio::buffer("hello", 5), asio::use_future).get();
    asio::async_read(served, asio::buffer(bytes, 5), asio::use_future).get();
    asio::async_write(served, asio::buffer("a greeting", 10), asio::use_future).get();
    asio::async_read(visitor, asio::buffer(bytes), asio::use_future).get();
    const auto found = [](const std::vector<ServiceStats>& all) {
        const auto one =
            std::find_if(all.begin(), all.end(), [](const auto& each) { return each.service == "greeter"; });
        return one != all.end() ? *one : ServiceStats();
    };
    const auto is_counted = [](const ServiceStats& one) {
        return one.kind == "tcp" && one.bytes_from_visitors == 5 && one.bytes_to_visitors == 10;
    };
    CHECK(eventually([&] { return is_counted(found(rig.server.service_stats())); }));
    CHECK(eventually([&] { return is_counted(found(rig.client.service_stats())); }));
    const std::vector<TunnelInfo> tunnels = rig.server.tunnels();
    REQUIRE(tunnels.size() == 1);
    for (const TunnelInfo::Service& service : tunnels[0].services) {
        CHECK(service.bytes_from_visitors == (service.name == "greeter" ? 5U : 0U));
        CHECK(service.bytes_to_visitors == (service.name == "greeter" ? 10U : 0U));
    }
}

TEST_CASE("totals never fall, whatever ends while somebody looks", "[threads][stats]") {
    Echo echo;
    Tunnel rig(echo.address());
    std::atomic<bool> done{false};
    std::atomic<int> falls{0};
    std::thread looking([&] {
        std::uint64_t streams = 0;
        std::uint64_t bytes = 0;
        while (!done) {
            const TrafficStats now = rig.server.stats().traffic;
            falls += now.streams_opened < streams || now.bytes_received < bytes ? 1 : 0;
            streams = now.streams_opened;
            bytes = now.bytes_received;
        }
    });
    constexpr int rounds = 30;
    for (int round = 0; round < rounds; ++round) {
        Client other = client_builder(rig.token, rig.server.client_endpoint()).build();
        Service service = other.add(Tcp(0, echo.address(), "other"));
        other.start();
        CHECK_FALSE(other.wait_ready(patience));
        CHECK(Visitor(service.port()).echoes("x"));
    }
    done = true;
    looking.join();
    CHECK(falls == 0);
    CHECK(rig.server.stats().traffic.streams_opened == rounds);
}

TEST_CASE("what a visitor does not read counts as memory, as long as it waits", "[threads][stats]") {
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
    Secret token = Secret::generate();
    Server server = server_builder(token).memory_max(limit_of_memory).build();
    server.start();
    // No second trunk, whose login would be counted whenever it comes.
    Client client = client_builder(token, server.client_endpoint()).connections(1).build();
    Service service = client.add(to("127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    CHECK(server.stats().traffic.memory_max == limit_of_memory);
    CHECK(client.stats().traffic.memory_max >= limit_of_memory);  // of the machine
    CHECK(eventually([&] { return server.stats().traffic.memory == 0; }));

    tcp::socket visitor(io);
    visitor.connect({asio::ip::make_address("127.0.0.1"), service.port()});
    tcp::socket backend = acceptor.accept();
    backend.non_blocking(true);
    const std::string piece(64 * 1024, 'm');
    int in_a_row = 0;  // a trunk takes a slab by itself, but not for long
    CHECK(eventually([&] {
        asio::error_code full;
        while (!full) {
            (void)backend.write_some(asio::buffer(piece), full);
        }
        in_a_row = server.stats().traffic.memory > piece.size() / 2 ? in_a_row + 1 : 0;
        return in_a_row == 100;
    }));
    CHECK(server.stats().traffic.memory <= limit_of_memory);
    visitor.close();
    CHECK(eventually([&] { return server.stats().traffic.memory == 0; }));
}
