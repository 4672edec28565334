// Settings and services that are applied to a running client: only what differs is touched, and mistakes change
// nothing.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "unit/api/apply_texts.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

using Texts = std::vector<std::string>;

/// A backend that says a word to each visitor.
class Says {
public:
    explicit Says(std::string word) : word_(std::move(word)), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Says() {
        io_.stop();
        thread_.join();
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

private:
    void accept() {
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            if (!error) {
                asio::write(socket, asio::buffer(word_), error);
                accept();
            }
        });
    }

    const std::string word_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

std::string heard_at(std::uint16_t port) {
    asio::io_context io;
    tcp::socket socket(io);
    std::error_code error;
    socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
    socket.shutdown(tcp::socket::shutdown_send, error);  // an echo ends then, too
    std::string heard;
    asio::read(socket, asio::dynamic_buffer(heard), error);
    return heard;
}

struct ClientApplyFixture {
    ClientApplyFixture() {
        Server::Builder builder = server_builder(token);
        server = builder.http_bind("127.0.0.1:0").build();
        server.start();
        client = this->builder().build();
        kept = client.add(Tcp(0, echo.address(), "kept"));
        other = client.add(Tcp(0, echo.address(), "other"));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }
    Client::Builder builder() { return client_builder(token, server.client_endpoint()); }

    const Secret token = Secret::generate();
    Echo echo;
    Server server;
    Client client;
    Service kept;
    Service other;
};

}  // namespace

TEST_CASE("the same services change nothing") {
    ClientApplyFixture rig;
    Visitor visitor(rig.kept.port());
    REQUIRE(visitor.echoes("before"));
    const ApplyReport report =
        rig.client.apply(rig.builder(), {Tcp(0, rig.echo.address(), "other"), Tcp(0, rig.echo.address(), "kept")});
    CHECK(report.unchanged());
    CHECK(visitor.echoes("after"));
}

TEST_CASE("services come, go and change, and the others notice nothing") {
    ClientApplyFixture rig;
    Visitor visitor(rig.kept.port());
    Visitor leaving(rig.other.port());
    REQUIRE(visitor.echoes("before"));
    REQUIRE(leaving.echoes("before"));
    const std::uint16_t port = rig.kept.port();
    const ApplyReport report =
        rig.client.apply(rig.builder(), {Tcp(0, rig.echo.address(), "kept"), Tcp(0, rig.echo.address(), "fresh")});
    REQUIRE(report.ok());
    CHECK(texts_of(report) == Texts{"client.services other removed", "client.services fresh added"});
    REQUIRE(report.services.size() == 1);
    CHECK(report.services[0].name() == "fresh");
    REQUIRE(eventually([&] { return report.services[0].state() == Service::State::registered; }));
    CHECK(Visitor(report.services[0].port()).echoes("fresh"));
    CHECK(rig.other.state() == Service::State::closed);
    CHECK(rig.kept.state() == Service::State::registered);
    CHECK(rig.kept.port() == port);
    CHECK(visitor.echoes("after"));
    CHECK(leaving.echoes("continues"));  // visitors who are there continue
}

TEST_CASE("a service with another backend keeps its place and its visitors") {
    ClientApplyFixture rig;
    Says word("another");
    Visitor visitor(rig.kept.port());
    REQUIRE(visitor.echoes("before"));
    const std::uint16_t port = rig.kept.port();
    const ApplyReport report =
        rig.client.apply(rig.builder(), {Tcp(0, word.address(), "kept"), Tcp(0, rig.echo.address(), "other")});
    CHECK(texts_of(report) == Texts{"client.services kept changed"});
    CHECK(report.services.empty());
    REQUIRE(eventually([&] { return heard_at(port) == "another"; }));
    CHECK(rig.kept.state() == Service::State::registered);
    CHECK(visitor.echoes("after"));
}

TEST_CASE("a service with another place is registered again") {
    ClientApplyFixture rig;
    const std::uint16_t port = lasting_port();
    const ApplyReport report =
        rig.client.apply(rig.builder(), {Tcp(port, rig.echo.address(), "kept"), Tcp(0, rig.echo.address(), "other")});
    CHECK(texts_of(report) == Texts{"client.services kept changed"});
    REQUIRE(report.services.size() == 1);
    CHECK(rig.kept.state() == Service::State::closed);
    REQUIRE(eventually([&] { return report.services[0].state() == Service::State::registered; }));
    CHECK(report.services[0].port() == port);
    CHECK(Visitor(port).echoes("hello"));

    // The same place, and other words about it: for instance the kind of service whose host stays.
    Http http("app.test", rig.echo.address(), "web");
    REQUIRE(rig.client.apply(rig.builder(), {http}).ok());
    http.rules.host_header = "backend";
    const ApplyReport again = rig.client.apply(rig.builder(), {http});
    REQUIRE(again.services.size() == 1);
    REQUIRE(eventually([&] { return again.services[0].state() == Service::State::registered; }));
}

TEST_CASE("services may take each other's places") {
    ClientApplyFixture rig;
    const Says first("first");
    const Says second("second");
    const auto swapped = [&](const char* one, const char* two) {
        return std::vector<AnyService>{Tcp(0, rig.echo.address(), "kept"), Http("one.test", one, "a"),
                                       Http("two.test", two, "b")};
    };
    std::vector<AnyService> services = swapped(first.address().c_str(), second.address().c_str());
    const ApplyReport before = rig.client.apply(rig.builder(), services);
    REQUIRE(before.services.size() == 2);
    for (const Service& service : before.services) {
        REQUIRE(eventually([&] { return service.state() == Service::State::registered; }));
    }
    // Often, since the client's second connection may be about to carry what the first one ends just then.
    for (int round = 0; round < 25; ++round) {
        std::swap(std::get<Http>(services[1]).host, std::get<Http>(services[2]).host);
        const ApplyReport report = rig.client.apply(rig.builder(), services);
        REQUIRE(report.ok());
        REQUIRE(report.services.size() == 2);
        for (const Service& service : report.services) {
            REQUIRE(eventually([&] { return service.state() != Service::State::pending; }));
            INFO("round " << round << ", " << service.name() << ": " << service.error_text());
            REQUIRE(service.state() == Service::State::registered);  // at once, and not behind a refusal
        }
    }
}

TEST_CASE("mistakes in a client's settings change nothing, and are all told") {
    ClientApplyFixture rig;
    const ApplyReport report = rig.client.apply(
        rig.builder(), {Tcp(0, "nowhere:x", "kept"), Tcp(0, rig.echo.address(), "twice"),
                        Tcp(1, rig.echo.address(), "twice"), Http("bad host", rig.echo.address(), "web")});
    CHECK(report.problems.size() >= 2);
    CHECK(report.applied.empty());
    CHECK(rig.kept.state() == Service::State::registered);
    CHECK(rig.other.state() == Service::State::registered);
    const ApplyReport twice =
        rig.client.apply(rig.builder(), {Tcp(0, rig.echo.address(), "twice"), Tcp(1, rig.echo.address(), "twice")});
    CHECK(twice.problems.size() == 1);
    CHECK(rig.client.apply(rig.builder(), {Tcp(0, rig.echo.address(), "kept"), Tcp(0, rig.echo.address(), "other")})
              .unchanged());
}

TEST_CASE("what a client cannot change while it runs is named") {
    ClientApplyFixture rig;
    Client::Builder builder = client_builder(rig.token, "127.0.0.1:1");
    builder.name("carol").connections(1);
    const ApplyReport report =
        rig.client.apply(std::move(builder), {Tcp(0, rig.echo.address(), "kept"), Tcp(0, rig.echo.address(), "other")});
    CHECK(report.ok());
    CHECK(report.applied.empty());
    CHECK(report.needs_restart == Texts{"client.server", "client.name", "client.connections"});
    CHECK(Visitor(rig.kept.port()).echoes("hello"));
}

TEST_CASE("listeners are none of the services that are applied") {
    ClientApplyFixture rig;
    Listener listener = rig.client.listen(Tcp(0, "", "own"));
    REQUIRE_FALSE(rig.client.wait_ready(patience));
    REQUIRE(rig.client.apply(rig.builder(), {}).ok());
    CHECK(rig.kept.state() == Service::State::closed);
    CHECK(listener.service().state() == Service::State::registered);
    CHECK(rig.client.apply(rig.builder(), {Tcp(0, rig.echo.address(), "own")}).problems.size() == 1);
}

TEST_CASE("a check of a client's settings changes nothing") {
    ClientApplyFixture rig;
    CHECK(texts_of(rig.client.check(rig.builder(), {Tcp(0, rig.echo.address(), "kept")})) ==
          Texts{"client.services other removed"});
    CHECK(rig.other.state() == Service::State::registered);
}

TEST_CASE("nothing is applied to a client that has ended") {
    ClientApplyFixture rig;
    (void)rig.client.stop();
    CHECK_THROWS_AS(rig.client.apply(rig.builder(), {}), std::system_error);
    CHECK_THROWS_AS(Client().apply(rig.builder(), {}), std::system_error);
}

TEST_CASE("a service is switched off and on, and its visitors notice nothing") {
    ClientApplyFixture rig;
    Visitor visitor(rig.kept.port());
    REQUIRE(visitor.echoes("before"));
    const auto apply = [&](const char* off) {
        std::vector<AnyService> services;
        for (const char* name : {"kept", "other"}) {
            Tcp tcp(0, rig.echo.address(), name);
            tcp.enabled = std::string_view(name) != off;
            services.emplace_back(std::move(tcp));
        }
        return rig.client.apply(rig.builder(), std::move(services));
    };

    const ApplyReport off = apply("kept");
    CHECK(texts_of(off) == Texts{"client.services kept changed"});
    CHECK(off.same == Texts{"client.services other"});
    REQUIRE(off.services.size() == 1);
    CHECK(off.services[0].state() == Service::State::disabled);
    CHECK(rig.kept.state() == Service::State::closed);
    REQUIRE(eventually([&] { return rig.server.stats().services == 1; }));
    CHECK(visitor.echoes("continues"));
    CHECK(apply("kept").unchanged());

    const ApplyReport on = apply("none");
    CHECK(texts_of(on) == Texts{"client.services kept changed"});
    REQUIRE(on.services.size() == 1);
    REQUIRE(eventually([&] { return on.services[0].state() == Service::State::registered; }));
    CHECK(Visitor(on.services[0].port()).echoes("again"));
    CHECK(visitor.echoes("after"));

    SECTION("what is switched off by itself stays off whatever is applied") {
        CHECK_FALSE(rig.client.set_enabled("none", false));
        CHECK(rig.client.set_enabled("other", false, "alice"));
        REQUIRE(eventually([&] { return rig.server.stats().services == 1; }));
        CHECK(apply("none").unchanged());
        CHECK(texts_of(apply("kept")) == Texts{"client.services kept changed"});
        CHECK(rig.client.set_enabled("kept", true));
        CHECK(rig.client.set_enabled("other", true));
        REQUIRE(eventually([&] { return rig.server.stats().services == 2; }));
    }
    SECTION("a UDP service with its number goes and comes with it") {
        const std::string place = rig.echo.address();
        rig.client.add(Tcp(0, place, "both"));
        Udp udp(0, place, "both/udp");
        udp.with_tcp = "both";
        Service half = rig.client.add(udp);
        REQUIRE(eventually([&] { return half.state() == Service::State::registered; }));
        CHECK(rig.client.set_enabled("both", false, "alice"));
        CHECK(half.state() == Service::State::closed);
        REQUIRE(eventually([&] { return rig.server.stats().services == 2; }));
        CHECK(rig.client.set_enabled("both", true));
        REQUIRE(eventually([&] { return rig.server.stats().services == 4; }));
    }
    SECTION("one that is off from the begin, and goes") {
        Tcp tcp(0, rig.echo.address(), "third");
        tcp.enabled = false;
        Service third = rig.client.add(tcp);
        CHECK(third.state() == Service::State::disabled);
        CHECK(texts_of(apply("none")) == Texts{"client.services third removed"});
        CHECK(third.state() == Service::State::closed);
        CHECK(rig.server.stats().services == 2);
    }
}

TEST_CASE("a client logs in with another token, and its visitors notice nothing") {
    ClientApplyFixture rig;
    Visitor visitor(rig.kept.port());
    REQUIRE(visitor.echoes("before"));
    const std::uint16_t port = rig.kept.port();
    const Secret fresh = Secret::generate();
    Server::Builder both = Server::builder();
    both.bind("127.0.0.1:0").tcp_bind("127.0.0.1").http_bind("127.0.0.1:0");
    both.add_token(fresh.copy(), "token-1", Rights(), rig.token.copy());
    REQUIRE(rig.server.apply(std::move(both)).ok());
    const ApplyReport report =
        rig.client.apply(client_builder(fresh, rig.server.client_endpoint()),
                         {Tcp(0, rig.echo.address(), "kept"), Tcp(0, rig.echo.address(), "other")});
    CHECK(texts_of(report) == Texts{"client.token changed"});
    REQUIRE(eventually([&] { return rig.server.stats().logins >= 4; }));
    CHECK(rig.kept.port() == port);
    CHECK(visitor.echoes("after"));
    CHECK(Visitor(port).echoes("new"));
}
