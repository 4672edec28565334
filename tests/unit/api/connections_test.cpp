// One tunnel over several connections: spread, losing one, losing all, coming back; as an application sees it.
#include "unit/api/end_to_end.hpp"

#include <algorithm>
#include <asio/bind_executor.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unit/api/cut_relay.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;

namespace {

using Kind = Event::Kind;

std::uint16_t port_of(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

/// The events that were told, to be counted by kind.
class Told {
public:
    EventHandler handler() {
        return [this](const Event& event) {
            std::lock_guard lock(mutex_);
            events_.push_back(event);
        };
    }
    int count(Kind kind) const {
        std::lock_guard lock(mutex_);
        return static_cast<int>(
            std::count_if(events_.begin(), events_.end(), [kind](const Event& event) { return event.kind == kind; }));
    }
    std::optional<Event> last(Kind kind) const {
        std::lock_guard lock(mutex_);
        auto found =
            std::find_if(events_.rbegin(), events_.rend(), [kind](const Event& event) { return event.kind == kind; });
        return found == events_.rend() ? std::nullopt : std::optional(*found);
    }

private:
    mutable std::mutex mutex_;
    std::vector<Event> events_;
};

/// A server, a client with several connections to it that can be cut, and a service on all of them.
struct ConnectionsFixture {
    explicit ConnectionsFixture(unsigned connections, std::size_t workers = 2) : count(connections) {
        auto count_joins = [this](const LogRecord& record) {
            joins += record.message == "another tunnel connection carries a service" ? 1 : 0;
        };
        server = server_builder(token)
                     .workers(workers)
                     .hold(0ms)  // whoever comes when the last client has gone is refused at once
                     .on_event(server_told.handler())
                     .log(count_joins, LogLevel::debug)
                     .build();
        server.start();
        relay.emplace(port_of(server.client_endpoint()));
        client = client_builder(token, relay->address())
                     .workers(workers)
                     .connections(connections)
                     .on_event(client_told.handler())
                     .build();
    }
    /// Adds one service, and waits until all connections carry it.
    void start(const std::string& backend) {
        service = client.add(to(backend));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
        wait_for_joins(static_cast<int>(count) - 1);
    }
    void wait_for_joins(int in_all) {
        REQUIRE(eventually([&] { return joins.load() >= in_all; }));
    }

    const unsigned count;
    Secret token = Secret::generate();
    std::atomic<int> joins{0};  // registrations of a port that other connections carry already
    Told server_told;
    Told client_told;
    Server server;
    std::optional<CutRelay> relay;
    Client client;
    Service service;
};

/// Visitors that were answered once.
std::list<Visitor> visitors(std::uint16_t port, int count) {
    std::list<Visitor> all;
    for (int i = 0; i < count; ++i) {
        CHECK(all.emplace_back(port).echoes("hello"));
    }
    return all;
}

int count_echoing(std::list<Visitor>& visitors) {
    return static_cast<int>(
        std::count_if(visitors.begin(), visitors.end(), [](Visitor& visitor) { return visitor.echoes("still here"); }));
}

}  // namespace

TEST_CASE("visitors are spread over connections, and the loss of one costs its own", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(4);
    rig.start(echo.address());
    CHECK(rig.client.stats().connections == 4);
    // Events are told on threads of their own.
    CHECK(eventually([&] { return rig.client_told.count(Kind::joined) == 3; }));
    CHECK(eventually([&] { return rig.client_told.count(Kind::registered) == 1; }));
    CHECK(eventually([&] { return rig.server_told.count(Kind::registered) == 1; }));
    CHECK(eventually([&] { return rig.client_told.count(Kind::connected) == 1; }));
    REQUIRE(rig.server.tunnels().size() == 1);
    CHECK(rig.server.tunnels().front().connections == 4);
    CHECK(rig.server.stats().clients == 1);
    CHECK(rig.server.stats().connections == 4);
    CHECK(rig.server.stats().services == 1);

    std::list<Visitor> first = visitors(rig.service.port(), 8);
    CHECK(rig.server.tunnels().front().services.front().streams == 8);
    rig.relay->cut(2);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::degraded) == 1; }));
    CHECK(count_echoing(first) == 6);
    CHECK(rig.client.connected());
    CHECK(rig.service.state() == Service::State::registered);
    auto degraded = rig.client_told.last(Kind::degraded);
    CHECK(degraded->error);
    CHECK(degraded->connection >= 1);
    CHECK(degraded->connection <= 4);

    // Whatever the lost one is doing, new visitors are served.
    std::list<Visitor> second = visitors(rig.service.port(), 6);
    rig.wait_for_joins(4);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::joined) == 4; }));
    CHECK(rig.client_told.last(Kind::joined)->connection == degraded->connection);
    CHECK(rig.client_told.last(Kind::joined)->connections == 4);
    CHECK(count_echoing(second) == 6);
    CHECK(rig.client_told.count(Kind::lost) == 0);
    CHECK(rig.server_told.count(Kind::lost) == 0);
    CHECK(eventually([&] { return rig.server_told.count(Kind::degraded) == 1; }));
    CHECK(rig.client.stats().losses == 1);
    CHECK(rig.client.stats().connects == 5);
    CHECK(rig.server.tunnels().front().connections == 4);
}

TEST_CASE("the connection that registered first may be the one that is lost", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(2);
    rig.start(echo.address());
    const std::uint16_t port = rig.service.port();
    std::list<Visitor> before = visitors(port, 4);
    rig.relay->cut(0);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::degraded) == 1; }));
    CHECK(count_echoing(before) == 2);
    std::list<Visitor> meanwhile = visitors(port, 4);
    rig.wait_for_joins(2);
    rig.relay->cut(1);  // now the other one, so that only the new one is left
    REQUIRE(eventually([&] { return rig.server_told.count(Kind::degraded) == 2; }));
    std::list<Visitor> after = visitors(port, 4);
    CHECK(rig.service.port() == port);
    CHECK(rig.client_told.count(Kind::lost) == 0);
    CHECK(count_echoing(before) == 0);
}

TEST_CASE("when all connections are lost, all come back", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(3);
    rig.start(echo.address());
    const std::uint16_t port = rig.service.port();
    std::list<Visitor> before = visitors(port, 3);
    for (int round = 0; round < 5; ++round) {
        const std::size_t made = rig.relay->count();
        // A connection that was on its way may come and go once more than is asked for, so each round counts for
        // itself.
        const int joined = rig.joins.load();
        const int lost = rig.client_told.count(Kind::lost);
        const int connected = rig.client_told.count(Kind::connected);
        rig.relay->set_open(false);
        rig.relay->cut_all();
        REQUIRE(eventually([&] { return rig.client_told.count(Kind::lost) > lost; }));
        CHECK_FALSE(rig.client.wait_ready(0ms) == std::error_code());
        rig.relay->set_open(true);
        REQUIRE(eventually([&] { return rig.client_told.count(Kind::connected) > connected; }));
        REQUIRE_FALSE(rig.client.wait_ready(patience));
        CHECK(rig.service.port() == port);
        rig.wait_for_joins(joined + 2);
        CHECK(rig.relay->count() >= made + 3);
        (void)visitors(port, 3);
    }
    CHECK(count_echoing(before) == 0);
    REQUIRE(eventually([&] { return rig.client.stats().connections == 3; }));
    CHECK(rig.server.stats().clients == 1);
}

TEST_CASE("services come and go on all connections while they run", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(3);
    rig.start(echo.address());
    std::list<Service> more;
    for (int i = 0; i < 5; ++i) {
        more.push_back(rig.client.add(Tcp(0, echo.address(), "more-" + std::to_string(i))));
    }
    REQUIRE_FALSE(rig.client.wait_ready(patience));
    rig.wait_for_joins(2 + 5 * 2);
    for (Service& service : more) {
        CHECK(visitors(service.port(), 3).size() == 3);
    }
    const std::uint16_t closed = more.front().port();
    std::list<Visitor> present = visitors(closed, 3);
    more.front().close();
    REQUIRE(eventually([&] { return rig.server.stats().services == 5; }));
    CHECK(count_echoing(present) == 3);
    CHECK_THROWS_AS(Visitor(closed), std::system_error);
    rig.relay->cut(1);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::joined) == 3; }));
    rig.wait_for_joins(2 + 5 * 2 + 5);  // the five that are left
    // From here on the server gives no visitor to the one that was cut.
    REQUIRE(eventually([&] { return rig.server_told.count(Kind::degraded) == 1; }));
    CHECK(visitors(rig.service.port(), 3).size() == 3);
}

TEST_CASE("an application listens and dials over all connections", "[threads]") {
    ConnectionsFixture rig(4);
    rig.client.start();
    Listener listener = rig.client.async_listen(Tcp(0, {}, "app"), asio::use_future).get();
    rig.wait_for_joins(3);
    constexpr std::size_t count = 8;
    std::vector<Stream> dialled;
    std::vector<Stream> accepted;
    for (std::size_t i = 0; i < count; ++i) {
        auto accepting = listener.async_accept(asio::use_future);
        dialled.push_back(rig.server.async_open("app", asio::use_future).get());
        accepted.push_back(accepting.get());
    }
    asio::io_context io;
    Runner runner(io);
    std::vector<char> bytes(2 * count);
    std::atomic<int> lost{0};
    std::atomic<int> other{0};
    auto ended = [&](std::error_code error, std::size_t) { ++(error == errc::connection_lost ? lost : other); };
    for (std::size_t i = 0; i < count; ++i) {
        dialled[i].async_read_some(asio::buffer(&bytes[i], 1), asio::bind_executor(io, ended));
        accepted[i].async_read_some(asio::buffer(&bytes[count + i], 1), asio::bind_executor(io, ended));
    }
    // Both ends of the two streams that were on it hear of its end; the others live.
    rig.relay->cut(1);
    REQUIRE(eventually([&] { return lost.load() == 4; }));
    CHECK(other.load() == 0);
    std::atomic<int> written{0};
    for (Stream& stream : dialled) {
        stream.async_write_some(asio::buffer("x", 1), asio::bind_executor(io, [&](std::error_code error, std::size_t) {
                                    written += error ? 0 : 1;
                                }));
    }
    REQUIRE(eventually([&] { return other.load() == 6; }));
    CHECK(eventually([&] { return written.load() == 6; }));

    // A dialler that comes now finds one of the others.
    auto accepting = listener.async_accept(asio::use_future);
    Stream again = rig.server.async_open("app", asio::use_future).get();
    Stream last = accepting.get();
    std::atomic<int> got{0};
    last.async_read_some(asio::buffer(bytes.data(), 1),
                         asio::bind_executor(io, [&](std::error_code error, std::size_t) { got += error ? 0 : 1; }));
    again.async_write_some(asio::buffer("x", 1), asio::bind_executor(io, [](std::error_code, std::size_t) {}));
    CHECK(eventually([&] { return got.load() == 1; }));
    listener.close();
    // What still reads has to end before what its handlers use.
    dialled.clear();
    accepted.clear();
    CHECK(eventually([&] { return lost.load() + other.load() == 2 * static_cast<int>(count); }));
}

TEST_CASE("a client with several connections stops in order, and lets visitors finish", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(3);
    rig.start(echo.address());
    SECTION("at once, by the client") {
        std::list<Visitor> present = visitors(rig.service.port(), 6);
        CHECK(rig.client.stop() == errc::timed_out);
        CHECK(count_echoing(present) == 0);
    }
    SECTION("with visitors that stay too long") {
        std::list<Visitor> present = visitors(rig.service.port(), 6);
        CHECK(rig.client.stop(50ms) == errc::timed_out);
    }
    SECTION("with visitors that finish") {
        std::list<Visitor> present = visitors(rig.service.port(), 6);
        auto stopped = std::async(std::launch::async, [&] { return rig.client.stop(patience); });
        REQUIRE(eventually([&] { return rig.server.stats().services == 0; }));
        CHECK_THROWS_AS(Visitor(rig.service.port()), std::system_error);
        CHECK(count_echoing(present) == 6);
        present.clear();
        CHECK_FALSE(stopped.get());
    }
    SECTION("by the server") {
        std::list<Visitor> present = visitors(rig.service.port(), 6);
        auto stopped = std::async(std::launch::async, [&] { return rig.server.stop(patience); });
        REQUIRE(eventually([&] { return rig.client_told.count(Kind::draining) == 1; }));
        CHECK(count_echoing(present) == 6);
        present.clear();
        CHECK_FALSE(stopped.get());
        REQUIRE(eventually([&] { return rig.client_told.count(Kind::lost) >= 1; }));
        CHECK(rig.client_told.count(Kind::draining) == 1);
    }
    CHECK(rig.client_told.count(Kind::stopped) <= 1);
}

TEST_CASE("several connections work inside an application's io_context, and on one worker", "[threads]") {
    Echo echo;
    Secret token = Secret::generate();
    asio::io_context io(1);
    std::optional<Runner> runner(std::in_place, io);
    Server server = server_builder(token).workers(2).build();
    server.start();
    Told told;
    std::optional<Client> client;
    Service service;
    runner->call([&] {
        client =
            client_builder(token, server.client_endpoint()).run_on(io).connections(3).on_event(told.handler()).build();
        service = client->add(to(echo.address()));
        client->start();
    });
    REQUIRE(eventually([&] { return told.count(Kind::joined) == 2 && told.count(Kind::registered) == 1; }));
    std::list<Visitor> present = visitors(service.port(), 6);
    runner->call([&] { CHECK(client->stop() == errc::timed_out); });
    CHECK(count_echoing(present) == 0);
    CHECK(told.count(Kind::stopped) == 1);
    runner->call([&] { client.reset(); });
}

TEST_CASE("another client is refused a port as long as one connection of its holder is alive", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(3);
    rig.start(echo.address());
    Client other = client_builder(rig.token, rig.server.client_endpoint()).build();
    Service wanted = other.add(to(echo.address(), rig.service.port()));
    other.start();
    CHECK(other.wait_ready(patience) == errc::port_taken);
    CHECK(rig.client.connected());
    CHECK(rig.client_told.count(Kind::degraded) == 0);
}

TEST_CASE("a service that is refused is told once, however many connections there are", "[threads]") {
    Echo echo;
    ConnectionsFixture rig(4);
    asio::io_context io;
    tcp::acceptor holder(io, {asio::ip::make_address("127.0.0.1"), 0});
    Service taken = rig.client.add(Tcp(holder.local_endpoint().port(), echo.address(), "taken"));
    rig.service = rig.client.add(to(echo.address()));
    const auto began = std::chrono::steady_clock::now();
    rig.client.start();
    rig.wait_for_joins(3);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::refused) > 0; }));
    CHECK(rig.client.wait_ready(patience) == errc::port_taken);
    Service later = rig.client.add(Tcp(0, echo.address(), "later"));
    rig.wait_for_joins(6);  // so the requests before it have been answered
    CHECK(rig.client_told.count(Kind::refused) == 1);
    rig.relay->cut(2);
    rig.wait_for_joins(8);
    REQUIRE(eventually([&] { return rig.client_told.count(Kind::joined) == 4; }));
    CHECK(rig.client_told.count(Kind::refused) == 1);
    // It asks again, after a second or more, and not on each connection.
    const int refused = rig.server_told.count(Kind::refused);  // read before the time: each refusal took a second of it
    const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
    CHECK(refused <= 1 + static_cast<int>(seconds.count()));
    CHECK(taken.state() != Service::State::registered);
}

TEST_CASE("a client that stops while its services are being registered asks for nothing more", "[threads]") {
    Echo echo;
    for (int round = 0; round < 10; ++round) {
        ConnectionsFixture rig(3);
        rig.start(echo.address());
        std::list<Service> more;
        for (int i = 0; i < 8; ++i) {
            more.push_back(rig.client.add(Tcp(0, echo.address(), std::to_string(i))));
        }
        (void)rig.client.stop(patience);
        REQUIRE(eventually([&] { return rig.server.stats().connections == 0; }));
        CHECK(rig.server_told.count(Kind::refused) == 0);
        CHECK(rig.client_told.count(Kind::refused) == 0);
    }
}
