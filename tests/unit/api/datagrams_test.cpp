// Datagrams of a UDP service that the application answers itself.
#include "ferrotunnel/datagrams.hpp"

#include <asio/ip/udp.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>

#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using asio::ip::udp;

namespace {

/// What handlers use has to live longer: it is declared before the fixture, whose end waits for them.
struct DatagramFixture {
    DatagramFixture() { start(); }
    void start() {
        server.start();
        client = client_builder(token, server.client_endpoint()).build();
        client.start();
    }
    /// Serves until the server has registered it.
    Service serve(DatagramHandler handler, Udp description = Udp(0, {}, "in")) {
        Service service = client.listen(std::move(description), std::move(handler));
        REQUIRE(eventually([&] { return service.state() == Service::State::registered; }));
        return service;
    }

    const Secret token = Secret::generate();
    Server server = server_builder(token).build();
    Client client;
};

/// An address that sends to a public port, and waits for answers; a datagram may be lost, so it is sent again.
class Sender {
public:
    explicit Sender(std::uint16_t port) : socket_(io_, udp::v4()) {
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }
    void send(const std::string& payload) { socket_.send(asio::buffer(payload)); }
    std::string receive(std::chrono::milliseconds within = patience) {
        std::string payload(65'536, '\0');
        std::optional<std::size_t> size;
        socket_.async_receive(asio::buffer(payload), [&](std::error_code error, std::size_t n) {
            if (!error) {
                size = n;
            }
        });
        io_.restart();
        io_.run_for(within);
        if (!size) {
            socket_.cancel();
            io_.restart();
            io_.run();
        }
        payload.resize(size.value_or(0));
        return size ? payload : "nothing";
    }
    udp::endpoint address() const { return socket_.local_endpoint(); }

private:
    asio::io_context io_;
    udp::socket socket_;
};

}  // namespace

TEST_CASE("an application answers the datagrams of a service", "[datagrams]") {
    DatagramFixture rig;
    Service service = rig.serve([](const DatagramVisitor& visitor, std::string_view payload) {
        CHECK(visitor.send("to " + std::to_string(visitor.info().address->port())));
        CHECK(visitor.send(payload));
    });
    Sender one(service.port());
    Sender other(service.port());
    for (const std::size_t size : {std::size_t{5}, std::size_t{0}, std::size_t{1'200}, std::size_t{65'507}}) {
        for (Sender* sender : {&one, &other}) {
            const std::string payload(size, 'x');
            sender->send(payload);
            CHECK(sender->receive() == "to " + std::to_string(sender->address().port()));
            CHECK(sender->receive() == payload);
        }
    }
    CHECK(rig.client.stats().datagrams.sent == 8);
    CHECK(rig.client.stats().datagrams.received == 16);
}

TEST_CASE("a visitor of datagrams is told by address and service", "[datagrams]") {
    std::promise<VisitorInfo> told;
    DatagramFixture rig;
    Service service =
        rig.serve([&](const DatagramVisitor& visitor, std::string_view) { told.set_value(visitor.info()); });
    Sender sender(service.port());
    sender.send("hello");
    const VisitorInfo info = told.get_future().get();
    CHECK(info.kind == VisitorInfo::Kind::udp);
    CHECK(info.service == "in");
    CHECK(info.endpoint == service.endpoint());
    REQUIRE(info.address);
    CHECK(info.address->port() == sender.address().port());
    CHECK(info.address->address().to_string() == "127.0.0.1");
}

TEST_CASE("answers may come later, from another thread, and until the visitor is gone", "[datagrams]") {
    std::mutex mutex;
    std::vector<DatagramVisitor> seen;
    DatagramFixture rig;
    Service service = rig.serve([&](const DatagramVisitor& visitor, std::string_view) {
        const std::lock_guard lock(mutex);
        seen.push_back(visitor);
    });
    const auto nth = [&](std::size_t n) {
        REQUIRE(eventually([&] {
            const std::lock_guard lock(mutex);
            return seen.size() >= n;
        }));
        const std::lock_guard lock(mutex);
        return seen[n - 1];
    };
    Sender sender(service.port());
    sender.send("first");
    DatagramVisitor first = nth(1);
    sender.send("second");
    CHECK(nth(2) == first);
    CHECK(first.send("late"));
    CHECK(sender.receive() == "late");

    SECTION("closed here: what comes next is another visitor's") {
        first.close();
        REQUIRE(eventually([&] { return first.is_gone(); }));
        CHECK_FALSE(first.send("too late"));
        std::size_t sent = 2;
        REQUIRE(eventually([&] {  // the server may still give the first one to the stream that ends
            sender.send("again");
            const std::lock_guard lock(mutex);
            sent = seen.size();
            return sent > 2 && !(seen.back() == first);
        }));
        CHECK(nth(sent).send("again"));
        CHECK(sender.receive() == "again");
    }
    SECTION("the service is closed: its port is, and with that its visitors have gone") {
        service.close();
        CHECK(eventually([&] { return first.is_gone(); }));
    }
    SECTION("the client has gone") {
        (void)rig.client.stop();
        CHECK(first.is_gone());
        CHECK_FALSE(first.send("to nobody"));
        rig.client = Client();
        CHECK_FALSE(first.send("to nobody"));
    }
}

TEST_CASE("a visitor of datagrams who is silent for too long is gone", "[datagrams]") {
    std::promise<DatagramVisitor> came;
    DatagramFixture rig;
    Udp description(0, {}, "in");
    description.idle = 1s;
    Service service = rig.serve([&](const DatagramVisitor& visitor, std::string_view) { came.set_value(visitor); },
                                std::move(description));
    Sender sender(service.port());
    sender.send("hello");
    const DatagramVisitor visitor = came.get_future().get();
    CHECK(eventually([&] { return visitor.is_gone(); }));
}

TEST_CASE("what a handler of datagrams throws is logged, and the visitor continues", "[datagrams]") {
    std::mutex mutex;
    std::string lines;
    DatagramFixture rig;
    rig.client = client_builder(rig.token, rig.server.client_endpoint())
                     .log(
                         [&](const LogRecord& line) {
                             const std::lock_guard lock(mutex);
                             lines += std::string(line.message) + '\n';
                         },
                         LogLevel::info)
                     .build();
    rig.client.start();
    Service service = rig.serve([](const DatagramVisitor& visitor, std::string_view payload) {
        if (payload == "bad") {
            throw std::runtime_error("of the application's");
        }
        visitor.send(payload);
    });
    Sender sender(service.port());
    sender.send("bad");
    sender.send("good");
    CHECK(sender.receive() == "good");
    CHECK(eventually([&] {
        const std::lock_guard lock(mutex);
        return lines.find("a handler of datagrams threw an exception\n") != std::string::npos;
    }));
}

TEST_CASE("no more answers wait than may, and those beyond are counted", "[datagrams]") {
    std::promise<std::pair<std::size_t, std::size_t>> sent;
    DatagramFixture rig;
    Service service = rig.serve([&](const DatagramVisitor& visitor, std::string_view) {
        // Within the handler nothing leaves: the worker that would send it is ours.
        std::size_t taken = 0;
        while (visitor.send("x")) {
            ++taken;
        }
        const bool too_long = visitor.send(std::string(65'508, 'x'));
        sent.set_value({taken, too_long ? 1U : 0U});
    });
    Sender sender(service.port());
    sender.send("flood");
    CHECK(sent.get_future().get() == std::pair<std::size_t, std::size_t>(1'024, 0));
    CHECK(rig.client.stats().datagrams.dropped_no_room == 2);
}

TEST_CASE("what cannot be served as datagrams is refused at once", "[datagrams]") {
    DatagramFixture rig;
    const auto handler = [](const DatagramVisitor&, std::string_view) {};
    CHECK_THROWS_AS(rig.client.listen(Udp(0, {}, "none"), DatagramHandler()), config_error);
    CHECK_THROWS_AS(rig.client.listen(Udp(0, {}, "bad name"), handler), config_error);
    Udp hidden = Udp::private_service("hidden");
    hidden.key = VisitKey(Secret::generate());
    CHECK_THROWS_AS(rig.client.listen(hidden, handler), config_error);
    CHECK_THROWS_AS(Client().listen(Udp(0), handler), std::system_error);
    CHECK(DatagramVisitor().is_gone());
    CHECK_FALSE(DatagramVisitor().send("x"));
    CHECK(DatagramVisitor().info().service.empty());
}

TEST_CASE("a service of datagrams is none of those that are applied, and may have a TCP service's number",
          "[datagrams]") {
    DatagramFixture rig;
    Echo echo;
    Udp description(0, {}, "both/udp");
    description.with_tcp = "both";
    Service tcp = rig.client.add(Tcp(0, echo.address(), "both"));
    Service datagrams =
        rig.serve([](const DatagramVisitor& visitor, std::string_view payload) { visitor.send(payload); }, description);
    CHECK(tcp.port() == datagrams.port());
    REQUIRE(rig.client.apply(client_builder(rig.token, rig.server.client_endpoint()), {Tcp(0, echo.address(), "both")})
                .ok());
    Sender sender(datagrams.port());
    sender.send("hello");
    CHECK(sender.receive() == "hello");
}

TEST_CASE("datagrams that are added to a TCP service that is reachable already have its number", "[datagrams]") {
    DatagramFixture rig;
    Echo echo;
    Service tcp = rig.client.add(Tcp(0, echo.address(), "late"));
    REQUIRE(eventually([&] { return tcp.state() == Service::State::registered; }));
    Udp description(0, {}, "late/udp");
    description.with_tcp = "late";
    Service datagrams = rig.serve([](const DatagramVisitor&, std::string_view) {}, description);
    CHECK(tcp.port() == datagrams.port());
}
