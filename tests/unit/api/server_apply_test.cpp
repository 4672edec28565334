// Settings that are applied to a running server: only what has changed is touched, and mistakes change nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/plugin.hpp"
#include "unit/api/apply_texts.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

/// A plugin that cannot be made.
class InstanceError final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "unmade", .version = "1", .schema = R"({"type": "object", "properties": {}})"};
    InstanceError(const plugin::Settings&, InstanceError*) { throw std::runtime_error("cannot be made"); }
};

/// A token with a client that has one service.
struct Guest {
    explicit Guest(const Secret& secret_in, std::string name_in) : secret(secret_in.copy()), name(std::move(name_in)) {}
    void connect(const Server& server, const std::string& backend, std::uint16_t port = 0) {
        client = client_builder(secret, server.client_endpoint()).name(name).build();
        service = client.add(Tcp(port, backend, name));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }

    Secret secret;
    std::string name;
    Client client;
    Service service;
};

struct ServerApplyFixture {
    ServerApplyFixture() {
        server = builder().build();
        server.start();
        alice.connect(server, echo.address());
        bob.connect(server, echo.address());
    }
    /// A builder like that of the server, with these tokens.
    Server::Builder builder() {
        return std::move(
            builder_without_tokens().add_token(alice.secret.copy(), "alice").add_token(bob.secret.copy(), "bob"));
    }
    static Server::Builder builder_without_tokens() {
        Server::Builder builder;
        builder.bind("127.0.0.1:0").tcp_bind("127.0.0.1").workers(2);
        return builder;
    }
    bool knows(const std::string& token) const {
        for (const TunnelInfo& tunnel : server.tunnels()) {
            if (tunnel.token_name == token) {
                return true;
            }
        }
        return false;
    }

    Echo echo;
    Guest alice{Secret::generate(), "alice"};
    Guest bob{Secret::generate(), "bob"};
    Server server;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the same settings change nothing") {
    ServerApplyFixture rig;
    const ApplyReport report = rig.server.apply(rig.builder());
    CHECK(report.unchanged());
}

TEST_CASE("a token that is removed loses its sessions, and others notice nothing") {
    ServerApplyFixture rig;
    Visitor visitor(rig.bob.service.port());
    REQUIRE(visitor.echoes("before"));
    Visitor cut(rig.alice.service.port());
    REQUIRE(cut.echoes("before"));
    const ApplyReport report = rig.server.remove_token("alice");
    CHECK(texts_of(report) == Texts{"server.token alice removed"});
    (void)cut.wait_for_end();
    REQUIRE(eventually([&] { return !rig.knows("alice"); }));
    CHECK(visitor.echoes("after"));
    CHECK(rig.server.remove_token("alice").problems.size() == 1);
    CHECK(rig.server.remove_token("bob").problems.size() == 1);  // nobody could log in

    SECTION("another token of that name is another one") {
        const Secret secret = Secret::generate();
        REQUIRE(rig.server.add_token(secret.copy(), "alice").ok());
        Guest other(secret, "other");
        other.connect(rig.server, rig.echo.address());
        CHECK(Visitor(other.service.port()).echoes("hello"));
    }
    SECTION("its client is let in again as soon as the token is back") {
        REQUIRE(rig.server.add_token(rig.alice.secret.copy(), "alice").ok());
        REQUIRE(
            eventually([&] { return rig.alice.service.state() == Service::State::registered && rig.knows("alice"); }));
    }
}

TEST_CASE("a secret that stays one of its token's keeps its sessions") {
    ServerApplyFixture rig;
    Visitor visitor(rig.alice.service.port());
    REQUIRE(visitor.echoes("before"));
    const Secret fresh = Secret::generate();
    Server::Builder both = ServerApplyFixture::builder_without_tokens();
    both.add_token(fresh.copy(), "alice", {}, rig.alice.secret.copy()).add_token(rig.bob.secret.copy(), "bob");
    CHECK(texts_of(rig.server.apply(std::move(both))) == Texts{"server.token alice changed"});
    CHECK(visitor.echoes("both"));

    // A client with the new secret is one of the same token: the ports are its token's own.
    Guest next(fresh, "next");
    next.connect(rig.server, rig.echo.address());

    Server::Builder one = ServerApplyFixture::builder_without_tokens();
    one.add_token(fresh.copy(), "alice").add_token(rig.bob.secret.copy(), "bob");
    CHECK(texts_of(rig.server.apply(std::move(one))) == Texts{"server.token alice changed"});
    (void)visitor.wait_for_end();  // logged in with the old secret
    CHECK(Visitor(next.service.port()).echoes("new"));
}

TEST_CASE("services that a token has no right to any more are refused, and others continue") {
    ServerApplyFixture rig;
    const std::uint16_t port = lasting_port();
    const Service kept = rig.alice.service;
    const Service lost = rig.alice.client.add(Tcp(port, rig.echo.address(), "lost"));
    REQUIRE_FALSE(rig.alice.client.wait_ready(patience));
    Visitor visitor(kept.port());
    REQUIRE(visitor.echoes("before"));

    Rights rights;
    rights.ports = {{std::to_string(kept.port())}};
    Server::Builder builder = ServerApplyFixture::builder_without_tokens();
    builder.add_token(rig.alice.secret.copy(), "alice", rights).add_token(rig.bob.secret.copy(), "bob");
    REQUIRE(rig.server.apply(std::move(builder)).ok());
    REQUIRE(eventually([&] { return lost.state() == Service::State::refused; }));
    CHECK(lost.error() == errc::port_forbidden);
    CHECK(kept.state() == Service::State::registered);
    CHECK(visitor.echoes("after"));

    // Whoever has the right to it gets the port.
    Rights others;
    others.ports = {{std::to_string(port), std::to_string(rig.bob.service.port())}};
    builder = ServerApplyFixture::builder_without_tokens();
    builder.add_token(rig.alice.secret.copy(), "alice", rights).add_token(rig.bob.secret.copy(), "bob", others);
    REQUIRE(rig.server.apply(std::move(builder)).ok());
    const Service taken = rig.bob.client.add(Tcp(port, rig.echo.address(), "taken"));
    REQUIRE(eventually([&] { return taken.state() == Service::State::registered; }));
    CHECK(Visitor(port).echoes("hello"));
}

TEST_CASE("what cannot change while it runs is named, and everything else is applied") {
    ServerApplyFixture rig;
    Server::Builder builder = rig.builder();
    builder.workers(1).domain("example.com").http_bind("127.0.0.1:0").connections_per_token(7);
    builder.add_token(Secret::generate(), "carol");
    const ApplyReport report = rig.server.apply(std::move(builder));
    CHECK(report.ok());
    CHECK(texts_of(report) == Texts{"server.token carol added", "server.connections_per_token changed"});
    CHECK(report.needs_restart == Texts{"server.http_bind", "server.domain", "server.workers"});
    CHECK(rig.knows("alice"));
    CHECK(rig.server.apply(rig.builder()).needs_restart.empty());
}

TEST_CASE("mistakes change nothing, and are all told") {
    ServerApplyFixture rig;
    Server::Builder builder = ServerApplyFixture::builder_without_tokens();
    builder.add_token(rig.bob.secret.copy(), "bob").allow_ports("nonsense");
    builder.bind("nowhere");
    const ApplyReport report = rig.server.apply(std::move(builder));
    CHECK(report.problems.size() == 2);
    CHECK(report.applied.empty());
    CHECK(report.needs_restart.empty());
    CHECK(rig.knows("alice"));
    CHECK(rig.server.apply(rig.builder()).unchanged());

    SECTION("also where only the making of a plugin finds out") {
        Server::Builder with_plugin = ServerApplyFixture::builder_without_tokens();
        with_plugin.add_token(rig.bob.secret.copy(), "bob").add_plugin({.library = &plugin::library<InstanceError>});
        const ApplyReport unmade = rig.server.apply(std::move(with_plugin));
        CHECK(unmade.problems.size() == 1);
        CHECK(unmade.applied.empty());
        CHECK(rig.knows("alice"));
    }
    SECTION("also where only what stays as it is makes it wrong") {
        // The weak token would do for a server of this machine alone.
        Server::Builder builder_all;
        builder_all.bind("0.0.0.0:0").tcp_bind("127.0.0.1").add_token(Secret::generate(), "strong");
        Server open = builder_all.build();
        Server::Builder weak;
        weak.bind("127.0.0.1:0").tcp_bind("127.0.0.1").add_token(Secret::from_string("guess me"), "weak");
        CHECK(open.apply(std::move(weak)).problems.size() == 1);
    }
}

TEST_CASE("a check tells what would be applied, and applies nothing") {
    ServerApplyFixture rig;
    Server::Builder builder = ServerApplyFixture::builder_without_tokens();
    builder.add_token(rig.bob.secret.copy(), "bob");
    CHECK(texts_of(rig.server.check(builder)) == Texts{"server.token alice removed"});
    CHECK(rig.knows("alice"));
    CHECK(rig.server.apply(rig.builder()).unchanged());
}

TEST_CASE("quotas hold for what comes from then on") {
    ServerApplyFixture rig;
    Server::Builder builder = rig.builder();
    builder.ports_per_token(1);
    REQUIRE(rig.server.apply(std::move(builder)).ok());
    const Service more = rig.bob.client.add(Tcp(0, rig.echo.address(), "more"));
    REQUIRE(eventually([&] { return more.state() == Service::State::refused; }));
    CHECK(more.error() == errc::busy);
    CHECK(rig.bob.service.state() == Service::State::registered);
    REQUIRE(rig.server.apply(rig.builder()).ok());
    REQUIRE(eventually([&] { return more.state() == Service::State::registered; }));
}

TEST_CASE("settings are applied before the start as well, and not after the end") {
    const Secret token = Secret::generate();
    Server server = server_builder(Secret::generate()).build();
    Server::Builder builder = server_builder(token);
    REQUIRE(server.apply(std::move(builder)).ok());
    server.start();
    Echo echo;
    Guest guest(token, "guest");
    guest.connect(server, echo.address());
    (void)server.stop();
    CHECK_THROWS_AS(server.apply(server_builder(token)), std::system_error);
    CHECK_THROWS_AS(Server().apply(server_builder(token)), std::system_error);
}

TEST_CASE("the level of the log changes while the server runs") {
    std::mutex mutex;
    std::vector<std::string> lines;
    const auto sink = [&](const LogRecord& record) {
        const std::lock_guard lock(mutex);
        lines.emplace_back(record.message);
    };
    const auto has = [&](const std::string& text) {
        const std::lock_guard lock(mutex);
        return std::find(lines.begin(), lines.end(), text) != lines.end();
    };
    const Secret token = Secret::generate();
    Server server = std::move(server_builder(token).log(sink, LogLevel::error)).build();
    server.start();
    CHECK(texts_of(server.apply(std::move(server_builder(token).log(sink, LogLevel::info)))) ==
          Texts{"log.level changed"});
    Echo echo;
    Guest guest(token, "guest");
    guest.connect(server, echo.address());
    REQUIRE(eventually([&] { return has("a client connected"); }));
    CHECK_FALSE(has("listening for clients"));
}

TEST_CASE("a service whose token is taken back ends alone, and comes with the new one") {
    ServerApplyFixture rig;
    const Secret first = Secret::generate();
    const Secret second = Secret::generate();
    const auto guard = [&](const Secret& token, const Secret* also) {
        GuardedService ssh;
        ssh.name = "ssh";
        ssh.token = ServiceToken(token);
        ssh.also = also != nullptr ? ServiceToken(*also) : ServiceToken();
        Server::Builder builder = rig.builder();
        builder.guarded_services({ssh});
        return texts_of(rig.server.apply(std::move(builder)));
    };
    CHECK(guard(first, nullptr) == Texts{"server.services changed"});
    Tcp plain(0, rig.echo.address(), "ssh");
    Service refused = rig.bob.client.add(plain);
    REQUIRE(eventually([&] { return refused.state() == Service::State::refused; }));
    CHECK(refused.error() == errc::unauthorized);
    refused.close();

    Tcp ssh = plain;
    ssh.token = ServiceToken(first);
    Service proved = rig.alice.client.add(ssh);
    REQUIRE(eventually([&] { return proved.state() == Service::State::registered; }));
    CHECK(Visitor(proved.port()).echoes("hello"));
    Visitor beside(rig.alice.service.port());
    REQUIRE(beside.echoes("before"));
    CHECK(guard(second, &first) == Texts{"server.services changed"});
    CHECK(Visitor(proved.port()).echoes("still"));
    CHECK(guard(second, nullptr) == Texts{"server.services changed"});
    REQUIRE(eventually([&] { return proved.state() == Service::State::refused; }));
    CHECK(proved.error() == errc::unauthorized);
    CHECK(beside.echoes("after"));
    CHECK(rig.knows("alice"));
    proved.close();

    ssh.token = ServiceToken(second);
    Service again = rig.alice.client.add(ssh);
    REQUIRE(eventually([&] { return again.state() == Service::State::registered; }));
}

TEST_CASE("what is no guarded service is told") {
    const auto problems = [](std::vector<GuardedService> services) {
        Server::Builder builder = ServerApplyFixture::builder_without_tokens();
        builder.add_token(Secret::generate(), "alice").guarded_services(std::move(services));
        Texts texts;
        for (const Problem& problem : builder.check()) {
            texts.push_back(to_text(problem));
        }
        return texts;
    };
    const ServiceToken token(Secret::generate());
    CHECK(problems({{"a", token, {}, {"2222", "8000-8099"}, {"*.example.com"}}}).empty());
    CHECK(problems({{"", token}}) == Texts{"guarded_services: \"\": needs the name of the service"});
    CHECK(problems({{"a", {}}}) == Texts{"guarded_services: \"a\": needs a token"});
    CHECK(problems({{"a", token}, {"a", token}}) == Texts{"guarded_services: \"a\": appears twice"});
    CHECK(problems({{"a", token, {}, {"any"}}}) ==
          Texts{"guarded_services: \"a\": `ports`: `any` is not a valid port here: list the ports"});
    CHECK(problems({{"a", token, {}, {}, {"a b"}}}).size() == 1);
    CHECK(problems({{"a", token, {}, std::vector<std::string>(257, "22")}}).size() == 1);
    std::vector<GuardedService> many;
    for (int i = 0; i < 256; ++i) {
        many.push_back({std::to_string(i), token});
    }
    CHECK(problems(many).empty());
    many.push_back({"one more", token});
    CHECK(problems(many) == Texts{"guarded_services: are more than 256"});
}
