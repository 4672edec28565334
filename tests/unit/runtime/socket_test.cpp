#include "runtime/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <vector>

#include "runtime/round_trip.hpp"
#include "runtime/system_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;

namespace {

void wait_for(int fd, short events) {
    pollfd entry{fd, events, 0};
    REQUIRE(::poll(&entry, 1, 60'000) == 1);
}

struct Connection {
    Fd client;
    Fd server;
    SocketAddress peer;
};

Connection connect_over_tcp(std::string_view ip) {
    std::error_code error;
    Fd listener = listen_on(*SocketAddress::from_ip(ip, 0), error);
    REQUIRE(listener);
    Connection connection;
    connection.client = start_connect(local_address(listener.get()), error);
    REQUIRE(connection.client);
    wait_for(listener.get(), POLLIN);
    connection.server = accept_from(listener.get(), connection.peer, error);
    REQUIRE(connection.server);
    wait_for(connection.client.get(), POLLOUT);
    REQUIRE_FALSE(socket_error(connection.client.get()));
    return connection;
}

}  // namespace

TEST_CASE("addresses are read and written") {
    auto v4 = SocketAddress::from_ip("127.0.0.1", 80);
    REQUIRE(v4);
    CHECK(v4->text() == "127.0.0.1:80");
    CHECK(v4->is_loopback());
    auto v6 = SocketAddress::from_ip("::1", 443);
    REQUIRE(v6);
    CHECK(v6->text() == "[::1]:443");
    CHECK(v6->is_loopback());
    v6->set_port(1);
    CHECK(v6->port() == 1);
    auto mapped = SocketAddress::from_ip("::ffff:10.1.2.3", 5);
    REQUIRE(mapped);
    CHECK(mapped->text() == "10.1.2.3:5");
    CHECK_FALSE(mapped->is_loopback());
    CHECK(SocketAddress::from_ip("::ffff:127.0.0.1", 5)->is_loopback());
    CHECK(SocketAddress::from_ip("", 5)->is_unspecified());
    CHECK(SocketAddress::from_ip("0.0.0.0", 5)->is_unspecified());
    CHECK_FALSE(SocketAddress::from_ip("host", 5));
    CHECK_FALSE(SocketAddress::from_ip("1.2.3", 5));
    CHECK(SocketAddress().empty());
    CHECK(SocketAddress().port() == 0);
    CHECK(SocketAddress().ip().empty());
}

TEST_CASE("bytes go both ways, halves end one by one, over IPv4 and both families at once") {
    for (std::string_view ip : {"127.0.0.1", "::"}) {
        auto [client, server, peer] = connect_over_tcp(ip);
        CHECK(peer.text() == local_address(client.get()).text());
        CHECK((::fcntl(server.get(), F_GETFL) & O_NONBLOCK) != 0);
        CHECK((::fcntl(server.get(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK_FALSE(set_no_delay(client.get()));
        CHECK_FALSE(set_unsent_low_water(client.get(), 131'072));
        CHECK_FALSE(set_keepalive(client.get(), std::chrono::seconds(30), std::chrono::seconds(5), 3));
        CHECK_FALSE(set_user_timeout(client.get(), std::chrono::seconds(30)));

        std::uint8_t bytes[16];
        CHECK(read_some(server.get(), MutableBytes(bytes)).status == IoStatus::would_block);
        Bytes pieces[] = {as_bytes("he"), as_bytes(""), as_bytes("llo")};
        IoResult sent = write_some(client.get(), pieces);
        CHECK(sent.bytes == 5);
        CHECK(sent.status == IoStatus::ok);
        wait_for(server.get(), POLLIN);
        MutableBytes into[] = {MutableBytes(bytes, 2), MutableBytes(bytes + 8, 8)};
        IoResult got = read_some(server.get(), into);
        CHECK(got.bytes == 5);
        CHECK(as_text(Bytes(bytes + 8, 3)) == "llo");

        CHECK_FALSE(shutdown_send(client.get()));
        wait_for(server.get(), POLLIN);
        CHECK(read_some(server.get(), MutableBytes(bytes)).status == IoStatus::eof);
        CHECK(write_some(server.get(), as_bytes("late")).bytes == 4);
        wait_for(client.get(), POLLIN);
        CHECK(read_some(client.get(), MutableBytes(bytes)).bytes == 4);
    }
}

TEST_CASE("a full socket takes a part and says so") {
    auto [left, right] = socket_pair();
    std::vector<std::uint8_t> big(8 << 20);
    IoResult sent = write_some(left.get(), Bytes(big));
    CHECK(sent.status == IoStatus::would_block);
    CHECK(sent.bytes > 0);
    CHECK(sent.bytes < big.size());
    IoResult more = write_some(left.get(), Bytes(big));
    CHECK(more.status == IoStatus::would_block);
}

TEST_CASE("a reset arrives as a reset, and writing to a closed peer is an error, not a signal") {
    auto [client, server, peer] = connect_over_tcp("127.0.0.1");
    reset_close(std::move(server));
    wait_for(client.get(), POLLIN);
    std::uint8_t bytes[16];
    IoResult result = read_some(client.get(), MutableBytes(bytes));
    CHECK(result.status == IoStatus::error);
    CHECK(result.error == std::errc::connection_reset);
    CHECK(write_some(client.get(), as_bytes("x")).error == std::errc::broken_pipe);
}

TEST_CASE("a port that is taken is told") {
    std::error_code error;
    Fd first = listen_on(*SocketAddress::from_ip("127.0.0.1", 0), error);
    REQUIRE(first);
    Fd second = listen_on(local_address(first.get()), error);
    CHECK_FALSE(second);
    CHECK(error == std::errc::address_in_use);
}

TEST_CASE("a connection within this machine is not paced, whatever the system's default") {
    auto [client, server, peer] = connect_over_tcp("127.0.0.1");
    for (int fd : {client.get(), server.get()}) {
        char name[16] = {};
        socklen_t size = sizeof name;
        REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0);
        CHECK_FALSE(std::string_view(name).starts_with("bbr"));
    }
}

TEST_CASE("the kernel knows how far the other end is, once there is one") {
    auto [client, server, peer] = connect_over_tcp("127.0.0.1");
    const auto round_trip = shortest_round_trip(client.get());
    REQUIRE(round_trip);
    CHECK(*round_trip > Duration::zero());
    CHECK(*round_trip < std::chrono::minutes(1));
    const Fd alone(::socket(AF_INET, SOCK_STREAM, 0));
    CHECK_FALSE(shortest_round_trip(alone.get()));
    CHECK_FALSE(shortest_round_trip(-1));
}

TEST_CASE("system randomness differs from call to call") {
    CHECK(system_random().next() != system_random().next());
    std::vector<std::uint8_t> many(100'000);
    system_random().fill(many);
    std::size_t zeros = static_cast<std::size_t>(std::count(many.begin(), many.end(), std::uint8_t{0}));
    CHECK(zeros < 1'000);
}
