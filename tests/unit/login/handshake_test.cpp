// Both sides of the login joined in memory, honest and otherwise.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "login/handshake_client.hpp"
#include "login/handshake_server.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

using Payload = wire::ControlPayload;

std::vector<std::uint8_t> exporter(std::uint8_t value) {
    return std::vector<std::uint8_t>(exporter_bytes, value);
}

// A world with one server and its tokens, in which logins are made.
struct LoginFixture {
    test::SeededRandom random{2024};
    std::string alice_text = make_token(random);
    std::string bob_text = make_token(random);
    std::string stranger_text = make_token(random);
    std::vector<AcceptedToken> accepted{accept("alice", alice_text), accept("bob", bob_text)};

    static AcceptedToken accept(std::string name, std::string_view text) {
        return {std::move(name), *parse_token(text), PortPolicy()};
    }

    ClientHandshake::Settings client(std::string_view token_text, std::uint8_t exporter_value = 1) {
        ClientHandshake::Settings settings{.token = *parse_token(token_text)};
        settings.exporter = exporter(exporter_value);
        settings.instance = {1, 2, 3};
        settings.epoch = 5;
        return settings;
    }

    ServerHandshake::Settings server(std::uint8_t exporter_value = 1) {
        ServerHandshake::Settings settings;
        settings.tokens = std::make_shared<const std::vector<AcceptedToken>>(accepted);
        settings.exporter = exporter(exporter_value);
        settings.instance = {9, 8, 7};
        return settings;
    }
};

// The outcome of a login. A failed side keeps its text, so that tests can search it for secrets.
struct Outcome {
    bool client_done = false;
    bool server_done = false;
    std::optional<HandshakeFailure> client_failure;
    std::optional<HandshakeFailure> server_failure;
    std::vector<Payload> from_client;
    std::vector<Payload> from_server;
};

// Moves messages between both sides until neither has anything to say. The server lets in everyone who has proved a
// token.
Outcome log_in(ClientHandshake& client, ServerHandshake& server) {
    Outcome outcome;
    std::optional<Payload> to_server = client.start();
    while (to_server) {
        outcome.from_client.push_back(*to_server);
        Step answer = server.receive(*to_server);
        to_server.reset();
        if (answer.want == Want::decision) {
            answer = server.welcome("session 1");
            outcome.server_done = true;
        }
        if (answer.want == Want::close) {
            outcome.server_failure = server.failure();
        }
        if (answer.send) {
            outcome.from_server.push_back(*answer.send);
            Step next = client.receive(*answer.send);
            outcome.client_done = next.want == Want::nothing;
            if (next.want == Want::close) {
                outcome.client_failure = client.failure();
            }
            to_server = next.send;
        }
    }
    return outcome;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Checks that the texts hold no secret, in any spelling that a careless text might give it, and are fit to be sent and
// printed.
void check_texts(const LoginFixture& world, const HandshakeFailure& failure) {
    for (const std::string* text : {&failure.text, &failure.text_for_peer}) {
        CHECK(is_printable(*text));
        for (std::string_view secret : {world.alice_text, world.bob_text, world.stranger_text}) {
            CHECK_FALSE(contains(*text, secret));
            CHECK_FALSE(contains(*text, secret.substr(4, 16)));
            CHECK_FALSE(contains(*text, as_text(parse_token(secret)->key.bytes())));
        }
    }
    CHECK_FALSE(failure.text.empty());
    CHECK(failure.text_for_peer.size() <= limits::goaway_text_max);
    CHECK(failure.by_peer == failure.text_for_peer.empty());
}

template <typename Message>
Message decoded(const Payload& payload) {
    auto message = wire::decode_control(payload);
    REQUIRE(message);
    REQUIRE(std::holds_alternative<Message>(*message));
    return std::get<Message>(*message);
}

}  // namespace

TEST_CASE("a client's metadata reaches a server that uses the feature, and binds the proof", "[metadata]") {
    LoginFixture world;
    const bool client_has = GENERATE(true, false);
    const bool server_has = GENERATE(true, false);
    CAPTURE(client_has, server_has);
    auto client_settings = world.client(world.bob_text);
    client_settings.features = client_has ? wire::feature::metadata : 0;
    client_settings.metadata = {{"site", "barn"}, {"floor", "2"}};
    auto server_settings = world.server();
    server_settings.features = server_has ? wire::feature::metadata : 0;
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    const Outcome outcome = log_in(client, server);
    REQUIRE(outcome.client_done);
    REQUIRE(outcome.server_done);
    CHECK((client.agreed().features & wire::feature::metadata) ==
          (client_has && server_has ? wire::feature::metadata : 0));
    CHECK(server.agreed().peer_metadata ==
          (client_has && server_has ? client_settings.metadata : wire::ClientMetadata()));
}

TEST_CASE("metadata that breaks a rule ends the login, and one that was changed on the way the proof", "[metadata]") {
    LoginFixture world;
    auto client_settings = world.client(world.bob_text);
    client_settings.metadata = {{"site", "barn"}};
    const auto changed = [&](std::string_view from, std::string_view to) {
        ClientHandshake client(client_settings, world.random);
        ServerHandshake server(world.server(), world.random);
        Payload hello = client.start();
        const auto at = std::search(hello.begin(), hello.end(), from.begin(), from.end());
        REQUIRE(at != hello.end());
        std::copy(to.begin(), to.end(), at);
        Step step = server.receive(hello);
        if (step.want == Want::message) {
            step = server.receive(*client.receive(*step.send).send);
        }
        REQUIRE(step.want == Want::close);
        return server.failure();
    };
    CHECK(changed("barn", "\x1b[2J").code == wire::Code::protocol);
    CHECK(changed("site", "s te").code == wire::Code::protocol);
    CHECK(changed("barn", "BARN").code == wire::Code::unauthorized);
}

TEST_CASE("a login with the right token succeeds on both sides") {
    LoginFixture world;
    auto client_settings = world.client(world.bob_text);
    client_settings.trunk = 2;
    client_settings.trunks = 3;
    client_settings.attempt = 7;
    client_settings.features = 0b0111;
    client_settings.limits.streams_max = 100;
    client_settings.limits.first_window = 70'000;
    client_settings.agent = "test client";
    auto server_settings = world.server();
    server_settings.features = 0b1101;
    server_settings.limits.opens_max = 50;
    server_settings.limits.services_max = 4;
    server_settings.ping_interval = 2s;
    server_settings.dead_interval = 7s;
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);

    Outcome outcome = log_in(client, server);
    REQUIRE(outcome.client_done);
    REQUIRE(outcome.server_done);
    CHECK(outcome.from_client.size() == 2);
    CHECK(outcome.from_server.size() == 2);

    const Agreement& of_client = client.agreed();
    CHECK(of_client.version == wire::protocol_version);
    CHECK(of_client.features == 0b0101);
    CHECK(of_client.peer.opens_max == 50);
    CHECK(of_client.peer_services_max == 4);
    CHECK(of_client.peer_instance == server_settings.instance);
    CHECK(of_client.session == "session 1");
    CHECK(of_client.ping_interval == 2s);
    CHECK(of_client.dead_interval == 7s);
    CHECK(of_client.peer_agent == wire::agent_name());

    const Agreement& of_server = server.agreed();
    CHECK(of_server.version == wire::protocol_version);
    CHECK(of_server.features == 0b0101);
    CHECK(of_server.peer.streams_max == 100);
    CHECK(of_server.peer.first_window == 70'000);
    CHECK(of_server.peer_instance == client_settings.instance);
    CHECK(of_server.peer_epoch == 5);
    CHECK(of_server.peer_attempt == 7);
    CHECK(of_server.trunk == 2);
    CHECK(of_server.trunks == 3);
    CHECK(of_server.peer_agent == "test client");
    CHECK(of_server.session == "session 1");
    CHECK(of_server.ping_interval == 2s);
    CHECK(server.token().name == "bob");
}

TEST_CASE("a login with tls off, and one with a weak token, succeed as well") {
    LoginFixture world;
    world.accepted.push_back(LoginFixture::accept("weak", "correct horse"));
    auto client_settings = world.client("correct horse");
    auto server_settings = world.server();
    client_settings.exporter.clear();
    server_settings.exporter.clear();
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    CHECK(log_in(client, server).client_done);
    CHECK(server.token().name == "weak");
}

TEST_CASE("a wrong proof and an unknown token get the same answer") {
    LoginFixture world;
    // The name of a known token with another key: what a guesser who has seen one hello would send.
    auto impostor = world.client(world.stranger_text);
    impostor.token.id = parse_token(world.alice_text)->id;
    auto run = [&](const ClientHandshake::Settings& settings) {
        ClientHandshake client(settings, world.random);
        ServerHandshake server(world.server(), world.random);
        Outcome outcome = log_in(client, server);
        CHECK_FALSE(outcome.client_done);
        CHECK_FALSE(outcome.server_done);
        REQUIRE(outcome.server_failure);
        REQUIRE(outcome.client_failure);
        CHECK(outcome.server_failure->code == wire::Code::unauthorized);
        CHECK(outcome.client_failure->code == wire::Code::unauthorized);
        CHECK(outcome.client_failure->by_peer);
        CHECK(contains(outcome.client_failure->text, "same"));
        check_texts(world, *outcome.server_failure);
        check_texts(world, *outcome.client_failure);
        return outcome;
    };
    Outcome wrong_proof = run(impostor);
    Outcome unknown = run(world.client(world.stranger_text));
    CHECK(wrong_proof.from_server.size() == 2);
    CHECK(wrong_proof.from_server[1] == unknown.from_server[1]);
    CHECK(wrong_proof.server_failure->text_for_peer == unknown.server_failure->text_for_peer);
    // The operator's log tells them apart.
    CHECK(contains(wrong_proof.server_failure->text, "\"alice\""));
    CHECK(contains(unknown.server_failure->text, "not one of this server's"));
}

TEST_CASE("from where too many wrong tokens came, only strong ones are looked at") {
    LoginFixture world;
    world.accepted.push_back(LoginFixture::accept("made up", "of a person"));
    bool closed = true;
    const auto outcome_of = [&](std::string_view text) {
        auto settings = world.server();
        settings.blocks_weak_tokens = [&closed] { return closed; };
        ClientHandshake client(world.client(text), world.random);
        ServerHandshake server(std::move(settings), world.random);
        Outcome outcome = log_in(client, server);
        CHECK(server.wrong_token().has_value() == (!closed && !outcome.server_done));
        return outcome;
    };
    CHECK(outcome_of(world.alice_text).client_done);
    const Outcome weak = outcome_of("of a person");
    const Outcome wrong = outcome_of("of another person");
    for (const Outcome* outcome : {&weak, &wrong}) {
        REQUIRE(outcome->client_failure);
        CHECK(outcome->client_failure->code == wire::Code::busy);
        CHECK(contains(outcome->client_failure->text, "Too many wrong tokens"));
    }
    CHECK(weak.from_server[1] == wrong.from_server[1]);  // the answer does not tell which of the tokens was right
    closed = false;
    CHECK(outcome_of("of a person").client_done);
    CHECK(outcome_of("of another person").client_failure->code == wire::Code::unauthorized);
}

TEST_CASE("a server without tokens refuses everyone") {
    LoginFixture world;
    world.accepted.clear();
    ClientHandshake client(world.client(world.alice_text), world.random);
    ServerHandshake server(world.server(), world.random);
    Outcome outcome = log_in(client, server);
    REQUIRE(outcome.server_failure);
    CHECK(outcome.server_failure->code == wire::Code::unauthorized);
}

TEST_CASE("a man in the middle who passes everything on is refused by the server") {
    LoginFixture world;
    ClientHandshake client(world.client(world.alice_text, 1), world.random);
    ServerHandshake server(world.server(2), world.random);
    Outcome outcome = log_in(client, server);
    REQUIRE(outcome.server_failure);
    CHECK(outcome.server_failure->code == wire::Code::unauthorized);
    CHECK(contains(outcome.server_failure->text, "may be intercepted"));
    REQUIRE(outcome.client_failure);
    CHECK(contains(outcome.client_failure->text, "may be intercepted"));
    check_texts(world, *outcome.client_failure);
}

TEST_CASE("a man in the middle who lets the client in himself is recognised by the client") {
    LoginFixture world;
    ClientHandshake client(world.client(world.alice_text, 1), world.random);
    auto fails = [&](const Payload& welcome) {
        Step step = client.receive(welcome);
        CHECK(step.want == Want::close);
        CHECK_FALSE(step.send);
        CHECK(client.failure().code == wire::Code::unauthorized);
        CHECK_FALSE(client.failure().by_peer);
        CHECK(contains(client.failure().text, "could not prove that it knows the token"));
        CHECK(contains(client.failure().text, "impersonates it"));
        check_texts(world, client.failure());
    };
    SECTION("with a token of his own") {
        // The attacker knows the client's token id, and puts a key of their own under it.
        auto mine = LoginFixture::accept("mine", world.stranger_text);
        mine.token.id = parse_token(world.alice_text)->id;
        world.accepted = {mine};
        ServerHandshake server(world.server(1), world.random);
        Payload hello = client.start();
        client.receive(*server.receive(hello).send);
        wire::Welcome forged;
        forged.proof.fill(0x42);
        fails(wire::encode_control(forged));
    }
    SECTION("with the client's own proof, sent back") {
        ServerHandshake server(world.server(1), world.random);
        Payload hello = client.start();
        Step auth = client.receive(*server.receive(hello).send);
        wire::Welcome reflected;
        reflected.proof = decoded<wire::Auth>(*auth.send).proof;
        fails(wire::encode_control(reflected));
    }
    SECTION("with the welcome that the true server gave on another connection") {
        // The true server believes in a login whose exporter is that of the attacker's other connection.
        ServerHandshake server(world.server(2), world.random);
        Payload client_hello = client.start();
        Payload server_hello = *server.receive(client_hello).send;
        client.receive(server_hello);
        wire::Hello of_client = decoded<wire::Hello>(client_hello);
        wire::Hello of_server = decoded<wire::Hello>(server_hello);
        auto other_half = exporter(2);
        wire::Welcome welcome;
        welcome.proof = make_proof(parse_token(world.alice_text)->key, Prover::server,
                                   {1, other_half, of_client.nonce, of_server.nonce, client_hello, server_hello});
        fails(wire::encode_control(welcome));
    }
}

TEST_CASE("a man in the middle who edits a hello is refused, with tls off as well") {
    LoginFixture world;
    auto client_settings = world.client(world.alice_text);
    auto server_settings = world.server();
    client_settings.exporter.clear();
    server_settings.exporter.clear();
    client_settings.features = server_settings.features = 3;
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    wire::Hello edited = decoded<wire::Hello>(client.start());
    edited.features = 0;
    Step server_hello = server.receive(wire::encode_control(edited));
    Step auth = client.receive(*server_hello.send);
    CHECK(server.receive(*auth.send).want == Want::close);
    CHECK(server.failure().code == wire::Code::unauthorized);
}

TEST_CASE("a recorded login cannot be replayed") {
    LoginFixture world;
    auto client_settings = world.client(world.alice_text);
    auto server_settings = world.server();
    SECTION("with tls, on a connection of its own") {}
    SECTION("with tls off") {
        client_settings.exporter.clear();
        server_settings.exporter.clear();
    }
    SECTION("not even with the same exporter") {
        client_settings.exporter = server_settings.exporter;
    }
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    Outcome recorded = log_in(client, server);
    REQUIRE(recorded.client_done);

    ServerHandshake later(server_settings, world.random);
    CHECK(later.receive(recorded.from_client[0]).want == Want::message);
    Step answer = later.receive(recorded.from_client[1]);
    CHECK(answer.want == Want::close);
    CHECK(later.failure().code == wire::Code::unauthorized);
    check_texts(world, later.failure());

    // Nor can a recorded server be played to a client.
    ClientHandshake fooled(client_settings, world.random);
    fooled.start();
    CHECK(fooled.receive(recorded.from_server[0]).want == Want::message);
    CHECK(fooled.receive(recorded.from_server[1]).want == Want::close);
    CHECK(fooled.failure().code == wire::Code::unauthorized);
}

TEST_CASE("the highest common version is agreed on") {
    CHECK(common_version({1, 1}, {1, 1}) == 1);
    CHECK(common_version({1, 3}, {2, 5}) == 3);
    CHECK(common_version({2, 5}, {1, 3}) == 3);
    CHECK(common_version({1, 9}, {4, 4}) == 4);
    CHECK_FALSE(common_version({1, 1}, {2, 3}));
    CHECK_FALSE(common_version({2, 3}, {1, 1}));

    LoginFixture world;
    auto client_settings = world.client(world.alice_text);
    client_settings.versions = {1, 4};
    auto server_settings = world.server();
    server_settings.versions = {2, 3};
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    REQUIRE(log_in(client, server).client_done);
    CHECK(client.agreed().version == 3);
    CHECK(server.agreed().version == 3);
}

TEST_CASE("without a common version both sides say which versions there are") {
    LoginFixture world;
    auto client_settings = world.client(world.alice_text);
    client_settings.versions = {1, 2};
    auto server_settings = world.server();
    server_settings.versions = {3, 5};
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    Outcome outcome = log_in(client, server);
    REQUIRE(outcome.server_failure);
    REQUIRE(outcome.client_failure);
    for (const auto& failure : {*outcome.server_failure, *outcome.client_failure}) {
        CHECK(failure.code == wire::Code::version);
        CHECK(contains(failure.text, "versions 1 to 2"));
        CHECK(contains(failure.text, "versions 3 to 5"));
        CHECK(contains(failure.text, "Update the client"));
        check_texts(world, failure);
    }
    // A server that goes on all the same is refused by the client.
    ClientHandshake alone(client_settings, world.random);
    alone.start();
    wire::Hello hello;
    hello.role = wire::HelloRole::server;
    hello.version_min = hello.version_max = 7;
    CHECK(alone.receive(wire::encode_control(hello)).want == Want::close);
    CHECK(alone.failure().code == wire::Code::version);
    CHECK(contains(alone.failure().text, "version 7"));
}

namespace {

// One of every message, well-formed.
std::vector<std::pair<std::string, Payload>> every_message() {
    wire::Hello from_client;
    from_client.token_id.emplace();
    wire::Hello from_server;
    from_server.role = wire::HelloRole::server;
    wire::Refused of_service;
    of_service.id = 1;
    const wire::Service service{1, wire::ServiceKind::tcp, 8'080, "", "", ""};
    const wire::RegisteredService registered{1, 8'080, "example.com:8080"};
    return {
        {"client hello", wire::encode_control(from_client)},
        {"server hello", wire::encode_control(from_server)},
        {"auth", wire::encode_control(wire::Auth{})},
        {"welcome", wire::encode_control(wire::Welcome{})},
        {"refused service", wire::encode_control(of_service)},
        {"register", wire::encode_register(1, std::span(&service, 1)).front()},
        {"registered", wire::encode_registered(1, std::span(&registered, 1)).front()},
        {"unregister", wire::encode_control(wire::Unregister{{1}})},
        {"stats", wire::encode_control(wire::Stats{})},
        // A map {"t": "later"}: a message of a version to come.
        {"unknown", {0xa1, 0x61, 't', 0x65, 'l', 'a', 't', 'e', 'r'}},
    };
}

struct State {
    const char* name;
    std::vector<std::string> welcome;  // messages that are expected in this state
    std::function<void(ServerHandshake&, ClientHandshake&)> prepare;
};

/// Makes `check` of each message in each state that does not expect it.
template <typename Messages, typename Check>
void for_each_unwelcome(LoginFixture& world, const std::vector<State>& states, const Messages& messages, Check check) {
    for (const State& state : states) {
        for (const auto& [name, payload] : messages) {
            if (std::find(state.welcome.begin(), state.welcome.end(), name) != state.welcome.end()) {
                continue;
            }
            CAPTURE(state.name, name);
            ClientHandshake client(world.client(world.alice_text), world.random);
            ServerHandshake server(world.server(), world.random);
            state.prepare(server, client);
            check(server, client, payload);
        }
    }
}

}  // namespace

TEST_CASE("every message in the wrong state of a server is a violation") {
    LoginFixture world;
    const std::vector<State> states = {
        {"expect_hello", {"client hello"}, [](ServerHandshake&, ClientHandshake&) {}},
        {"expect_auth",
         {"auth"},
         [](ServerHandshake& server, ClientHandshake& client) { server.receive(client.start()); }},
        {"proved",
         {},
         [](ServerHandshake& server, ClientHandshake& client) {
             Step auth = client.receive(*server.receive(client.start()).send);
             REQUIRE(server.receive(*auth.send).want == Want::decision);
         }},
        {"established", {}, [](ServerHandshake& server, ClientHandshake& client) { log_in(client, server); }},
    };
    auto messages = every_message();
    messages.emplace_back("refused session", wire::encode_control(wire::Refused{}));
    for_each_unwelcome(world, states, messages, [&](ServerHandshake& server, ClientHandshake&, const auto& payload) {
        Step step = server.receive(payload);
        CHECK(step.want == Want::close);
        CHECK(server.failure().code == wire::Code::protocol);
        check_texts(world, server.failure());
        REQUIRE(step.send);
        CHECK(decoded<wire::Refused>(*step.send).code == wire::Code::protocol);
        // What comes afterwards changes nothing.
        CHECK(server.receive(payload).want == Want::close);
        CHECK_FALSE(server.receive(payload).send);
    });
}

TEST_CASE("every message in the wrong state of a client is a violation") {
    LoginFixture world;
    const std::vector<State> states = {
        {"hello_sent", {"server hello"}, [](ServerHandshake&, ClientHandshake& client) { client.start(); }},
        {"auth_sent",
         {"welcome"},
         [](ServerHandshake& server, ClientHandshake& client) {
             client.receive(*server.receive(client.start()).send);
         }},
        {"established", {}, [](ServerHandshake& server, ClientHandshake& client) { log_in(client, server); }},
    };
    const auto messages = every_message();
    for_each_unwelcome(world, states, messages, [&](ServerHandshake&, ClientHandshake& client, const auto& payload) {
        Step step = client.receive(payload);
        CHECK(step.want == Want::close);
        CHECK_FALSE(step.send);
        CHECK(client.failure().code == wire::Code::protocol);
        check_texts(world, client.failure());
        CHECK(client.receive(payload).want == Want::close);
    });
}

TEST_CASE("a message of the login may have 4 KiB and not one byte more") {
    LoginFixture world;
    // A hello with an unknown key that fills it up to the size wanted.
    auto padded = [&](std::size_t size) {
        ClientHandshake client(world.client(world.alice_text), world.random);
        Payload hello = client.start();
        REQUIRE((hello[0] >= 0xa0 && hello[0] < 0xb7));  // a short map: its head counts the keys
        ++hello[0];
        const std::size_t padding = size - hello.size() - 2 - 3;
        hello.insert(hello.end(),
                     {0x61, '~', 0x59, static_cast<std::uint8_t>(padding >> 8), static_cast<std::uint8_t>(padding)});
        hello.resize(size);
        return hello;
    };
    ServerHandshake within(world.server(), world.random);
    Step step = within.receive(padded(limits::control_payload_unauthenticated_max));
    CHECK(step.want == Want::message);
    ServerHandshake beyond(world.server(), world.random);
    CHECK(beyond.receive(padded(limits::control_payload_unauthenticated_max + 1)).want == Want::close);
    CHECK(beyond.failure().code == wire::Code::limit);
    check_texts(world, beyond.failure());

    ClientHandshake client(world.client(world.alice_text), world.random);
    client.start();
    CHECK(client.receive(padded(limits::control_payload_unauthenticated_max + 1)).want == Want::close);
    CHECK(client.failure().code == wire::Code::limit);
}

TEST_CASE("garbage ends a login in every state, and its bytes stay out of the texts") {
    LoginFixture world;
    for (int round = 0; round < 2'000; ++round) {
        ClientHandshake client(world.client(world.alice_text), world.random);
        ServerHandshake server(world.server(), world.random);
        Payload hello = client.start();
        bool to_server = world.random.below(2) == 0;
        Payload target = hello;
        if (!to_server || world.random.below(2) == 0) {
            Step answer = server.receive(hello);
            target = to_server ? *client.receive(*answer.send).send : *answer.send;
        }
        // Random bytes, a cut, or a flipped bit.
        switch (world.random.below(3)) {
            case 0:
                target.resize(world.random.below(200));
                world.random.fill(target);
                break;
            case 1:
                target.resize(world.random.below(target.size()));
                break;
            default:
                target[world.random.below(target.size())] ^= static_cast<std::uint8_t>(1U << world.random.below(8));
        }
        Step step = to_server ? server.receive(target) : client.receive(target);
        if (step.want == Want::close) {
            check_texts(world, to_server ? server.failure() : client.failure());
        } else {
            // A flipped bit may leave a well-formed hello; nobody is let in by it.
            CHECK(step.want == Want::message);
        }
    }
}

TEST_CASE("the server may turn a client away after its proof, and says why") {
    LoginFixture world;
    ClientHandshake client(world.client(world.alice_text), world.random);
    ServerHandshake server(world.server(), world.random);
    Step auth = client.receive(*server.receive(client.start()).send);
    REQUIRE(server.receive(*auth.send).want == Want::decision);
    CHECK(server.agreed().peer_epoch == 5);
    CHECK(server.token().name == "alice");
    Step refused = server.refuse(wire::Code::superseded, "A newer session is here.");
    CHECK(refused.want == Want::close);
    CHECK(client.receive(*refused.send).want == Want::close);
    CHECK(client.failure().code == wire::Code::superseded);
    CHECK(client.failure().by_peer);
    CHECK(contains(client.failure().text, "A newer session is here."));
    check_texts(world, client.failure());
}

TEST_CASE("a long or hostile text of a peer is cut and cleaned") {
    LoginFixture world;
    ClientHandshake client(world.client(world.alice_text), world.random);
    client.start();
    std::string hostile = "\x1b[2J\n" + std::string(10'000, 'x') + "\xff";
    CHECK(client.on_goaway(wire::Code::busy, hostile).want == Want::close);
    CHECK(is_printable(client.failure().text));
    CHECK(client.failure().text.size() < 400);
    CHECK(contains(client.failure().text, "busy"));

    ServerHandshake server(world.server(), world.random);
    CHECK(server.on_goaway(wire::Code::internal, hostile).want == Want::close);
    CHECK_FALSE(server.on_goaway(wire::Code::internal, hostile).send);
    check_texts(world, server.failure());
}

TEST_CASE("a welcome that breaks what was agreed is a violation") {
    LoginFixture world;
    auto client_settings = world.client(world.alice_text);
    client_settings.features = 1;
    auto server_settings = world.server();
    server_settings.features = 1;
    ClientHandshake client(client_settings, world.random);
    ServerHandshake server(server_settings, world.random);
    Step auth = client.receive(*server.receive(client.start()).send);
    REQUIRE(server.receive(*auth.send).want == Want::decision);
    wire::Welcome welcome = decoded<wire::Welcome>(*server.welcome("s").send);
    SECTION("another version") {
        welcome.version = 2;
    }
    SECTION("features that nobody announced") {
        welcome.features = 3;
    }
    CHECK(client.receive(wire::encode_control(welcome)).want == Want::close);
    CHECK(client.failure().code == wire::Code::protocol);
    check_texts(world, client.failure());
}

TEST_CASE("advice fits the code") {
    CHECK(contains(explain_refusal(wire::Code::unauthorized, ""), "token"));
    CHECK(contains(explain_refusal(wire::Code::handshake_timeout, ""), "timed out"));
    CHECK(explain_refusal(wire::Code::busy, "") == "The server refused the session (busy).");
    CHECK(explain_refusal(wire::Code::busy, "Full.") == "The server refused the session (busy): Full.");
}

TEST_CASE("a welcome names the server's cluster to clients that know the feature") {
    LoginFixture world;
    const auto agreed = [&](std::uint64_t client_features) {
        ServerHandshake::Settings settings = world.server();
        settings.features = wire::feature::cluster;
        settings.cluster = std::make_shared<const wire::ClusterPart>(wire::ClusterPart{"a", {{"b", "b.example:7835"}}});
        ServerHandshake server(std::move(settings), world.random);
        ClientHandshake::Settings client_settings = world.client(world.alice_text);
        client_settings.features = client_features;
        ClientHandshake client(std::move(client_settings), world.random);
        REQUIRE(log_in(client, server).client_done);
        return client.agreed().cluster;
    };
    REQUIRE(agreed(wire::feature::cluster));
    CHECK(*agreed(wire::feature::cluster) == wire::ClusterPart{"a", {{"b", "b.example:7835"}}});
    CHECK_FALSE(agreed(0));
}

TEST_CASE("a client that does not want the server leaves before it has proved anything") {
    LoginFixture world;
    ServerHandshake server(world.server(), world.random);
    ClientHandshake::Settings settings = world.client(world.alice_text);
    wire::InstanceId seen{};
    settings.wants_server = [&](const wire::InstanceId& instance) {
        seen = instance;
        return false;
    };
    ClientHandshake client(std::move(settings), world.random);
    const Outcome outcome = log_in(client, server);
    CHECK(seen == wire::InstanceId{9, 8, 7});
    REQUIRE(outcome.client_failure);
    CHECK(outcome.client_failure->unwanted);
    CHECK_FALSE(outcome.client_failure->by_peer);
    CHECK(outcome.from_client.size() == 1);  // no auth
    check_texts(world, *outcome.client_failure);
}
