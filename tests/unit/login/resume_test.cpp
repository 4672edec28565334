// Logins that continue with a session, of whom it is and of whom it is not.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "login/handshake_client.hpp"
#include "login/handshake_server.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

struct ResumeFixture {
    test::SeededRandom random{77};
    std::string token = make_token(random);

    ClientHandshake::Settings client(std::uint8_t exporter) {
        ClientHandshake::Settings settings{.token = *parse_token(token)};
        settings.exporter.assign(exporter_bytes, exporter);
        settings.instance = {1, 2, 3};
        settings.features = wire::feature::announced | wire::feature::resume;
        return settings;
    }
    ServerHandshake::Settings server(std::uint8_t exporter) {
        ServerHandshake::Settings settings;
        settings.tokens = std::make_shared<const std::vector<AcceptedToken>>(
            std::vector<AcceptedToken>{{"alice", *parse_token(token), PortPolicy()}});
        settings.exporter.assign(exporter_bytes, exporter);
        settings.features = wire::feature::announced | wire::feature::resume;
        settings.resume_window = 30s;
        return settings;
    }
};

/// Joins both sides up to the server's decision. False if it was not reached.
bool until_decision(ClientHandshake& client, ServerHandshake& server) {
    const Step hello = server.receive(client.start());
    const Step auth = client.receive(*hello.send);
    return auth.want == Want::message && server.receive(*auth.send).want == Want::decision;
}

struct Session {
    Agreement client;
    Agreement server;
};

Session first_login(ResumeFixture& world, std::uint8_t exporter = 1) {
    ClientHandshake client(world.client(exporter), world.random);
    ServerHandshake server(world.server(exporter), world.random);
    REQUIRE(until_decision(client, server));
    const Step welcome = server.welcome("s1");
    REQUIRE(client.receive(*welcome.send).want == Want::nothing);
    return {client.agreed(), server.agreed()};
}

Proof expected_of_client(const Session& session, const Agreement& login) {
    return make_resume_proof(*session.server.resume_key, Prover::client, login.resume->attempt, login.resume->received,
                             login.client_proof);
}

}  // namespace

TEST_CASE("both sides of a login have the same key for a resume, and nobody sends it", "[resume]") {
    ResumeFixture world;
    const Session session = first_login(world);
    REQUIRE(session.client.resume_key);
    CHECK(*session.client.resume_key == *session.server.resume_key);
    CHECK(session.client.resume_id == session.server.resume_id);
    CHECK(session.client.resume_window == 30s);
    const Session other = first_login(world);
    CHECK_FALSE(*other.client.resume_key == *session.client.resume_key);
    CHECK(other.client.resume_id != session.client.resume_id);
}

TEST_CASE("a side without the feature is not asked, and offers nothing", "[resume]") {
    ResumeFixture world;
    for (const bool client_has : {false, true}) {
        auto client_settings = world.client(1);
        auto server_settings = world.server(1);
        (client_has ? server_settings.features : client_settings.features) = wire::feature::announced;
        ClientHandshake client(client_settings, world.random);
        ServerHandshake server(server_settings, world.random);
        REQUIRE(until_decision(client, server));
        const Step welcome = server.welcome("s1");
        REQUIRE(client.receive(*welcome.send).want == Want::nothing);
        CHECK_FALSE(client.agreed().resume_key);
        CHECK_FALSE(server.agreed().resume_key);
        CHECK(client.agreed().resume_window == Duration::zero());
    }
}

TEST_CASE("a session continues, and each side proves that it was an end of it", "[resume]") {
    ResumeFixture world;
    const Session session = first_login(world);
    auto settings = world.client(2);
    settings.resume = {session.client.resume_id, *session.client.resume_key, 4, 12'345};
    ClientHandshake client(settings, world.random);
    ServerHandshake server(world.server(2), world.random);
    REQUIRE(until_decision(client, server));
    const Agreement& asked = server.agreed();
    REQUIRE(asked.resume);
    CHECK(asked.resume->id == session.server.resume_id);
    CHECK(asked.resume->attempt == 4);
    CHECK(asked.resume->received == 12'345);
    CHECK(asked.resume->proof == expected_of_client(session, asked));
    const Step welcome = server.resumed(*session.server.resume_key, 999);
    REQUIRE(client.receive(*welcome.send).want == Want::nothing);
    CHECK(client.agreed().resumed_received == 999);
}

TEST_CASE("a request counts on its own connection, with its own numbers, alone", "[resume]") {
    ResumeFixture world;
    const Session session = first_login(world);
    auto settings = world.client(2);
    settings.resume = {session.client.resume_id, *session.client.resume_key, 1, 100};
    ClientHandshake client(settings, world.random);
    ServerHandshake server(world.server(2), world.random);
    REQUIRE(until_decision(client, server));
    const Agreement taken = server.agreed();
    // Whoever has the token makes a login of their own, and puts the request that they have seen into it.
    ClientHandshake thief(world.client(3), world.random);
    ServerHandshake other(world.server(3), world.random);
    REQUIRE(until_decision(thief, other));
    Agreement stolen = other.agreed();
    stolen.resume = taken.resume;
    CHECK_FALSE(stolen.resume->proof == expected_of_client(session, stolen));
    Agreement changed = taken;
    changed.resume->received += 1;
    CHECK_FALSE(changed.resume->proof == expected_of_client(session, changed));
    changed = taken;
    changed.resume->attempt += 1;
    CHECK_FALSE(changed.resume->proof == expected_of_client(session, changed));
    // Another session of the same token has another key.
    const Session another = first_login(world, 9);
    CHECK_FALSE(taken.resume->proof == expected_of_client(another, taken));
}

TEST_CASE("a man in the middle can pass on no resume", "[resume]") {
    ResumeFixture world;
    const Session session = first_login(world);
    auto settings = world.client(5);
    settings.resume = {session.client.resume_id, *session.client.resume_key, 1, 100};
    ClientHandshake client(settings, world.random);
    ServerHandshake server(world.server(6), world.random);  // two TLS connections have two exporters
    CHECK_FALSE(until_decision(client, server));
    CHECK(server.failure().code == wire::Code::unauthorized);
}

TEST_CASE("a server that does not have the session does not get its bytes", "[resume]") {
    ResumeFixture world;
    const Session session = first_login(world);
    const auto ask = [&](std::uint8_t exporter) {
        auto settings = world.client(exporter);
        settings.resume = {session.client.resume_id, *session.client.resume_key, 1, 100};
        return settings;
    };
    SECTION("it has the token alone") {
        const Session other = first_login(world);
        ClientHandshake client(ask(2), world.random);
        ServerHandshake server(world.server(2), world.random);
        REQUIRE(until_decision(client, server));
        CHECK(client.receive(*server.resumed(*other.server.resume_key, 50).send).want == Want::close);
        CHECK(client.failure().code == wire::Code::unauthorized);
    }
    SECTION("it welcomes the client to a new session") {
        ClientHandshake client(ask(2), world.random);
        ServerHandshake server(world.server(2), world.random);
        REQUIRE(until_decision(client, server));
        CHECK(client.receive(*server.welcome("s2").send).want == Want::close);
        CHECK(client.failure().code == wire::Code::unauthorized);
    }
    SECTION("it was replaced by an older one") {
        auto older = world.server(2);
        older.features = wire::feature::announced;
        ClientHandshake client(ask(2), world.random);
        ServerHandshake server(older, world.random);
        const Step hello = server.receive(client.start());
        CHECK(client.receive(*hello.send).want == Want::close);
        CHECK(client.failure().code == wire::Code::unknown_session);
    }
    SECTION("it says that it does not know the session") {
        ClientHandshake client(ask(2), world.random);
        ServerHandshake server(world.server(2), world.random);
        REQUIRE(until_decision(client, server));
        CHECK(client.receive(*server.refuse(wire::Code::unknown_session, "It is over.").send).want == Want::close);
        CHECK(client.failure().code == wire::Code::unknown_session);
        CHECK(client.failure().by_peer);
    }
}
