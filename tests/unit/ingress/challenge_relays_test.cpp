// Connections of CAs that check a host by TLS-ALPN-01: which of them end at the edge, and which pass to another ACME
// client of this machine.
#include "ingress/challenge_relays.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ingress/limits.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/net/hello_builder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using ferrotunnel::test::alpn;
using ferrotunnel::test::hello_message;
using ferrotunnel::test::record;
using ferrotunnel::test::server_name;
using runtime::test::Signal;

namespace {

/// An edge whose CAs go to a backend of the test, except those that check own.example.
class RelayRig {
public:
    explicit RelayRig(bool with_backend = true) {
        EdgeShared shared;
        shared.directory = directory;
        shared.log = &log;
        shared.random = &runtime::system_random();
        shared.challenge_backend =
            with_backend ? *runtime::SocketAddress::from_ip(backend.place()) : runtime::SocketAddress();
        edge = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&running.worker}, std::move(shared));
        HttpListenerSettings settings;
        settings.https = true;
        settings.answers_challenge = [](std::string_view host) { return host == "own.example"; };
        settings.make_pipe = [this](runtime::Fd) {
            ended_here.tell();
            return nullptr;
        };
        address = add_listener(*edge, std::move(settings));
    }
    ~RelayRig() {
        on(running.worker, [this] { edge.reset(); });
    }
    std::size_t relays() {
        return on(running.worker, [this] { return edge->at(0).challenge_relays.size(); });
    }

    RecordingLogger log;
    RunningWorker running;
    std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    BackendPort backend;
    Signal ended_here;
    runtime::SocketAddress address;
    std::unique_ptr<HttpEdge> edge;
};

std::string hello_with(std::string_view name, std::initializer_list<std::string_view> protocols) {
    return std::string(as_text(record(hello_message({server_name(name), alpn(protocols)}))));
}

const std::string alert_of_refusal("\x15\x03\x03\x00\x02\x02\x50", 7);

}  // namespace

TEST_CASE("a CA's connection passes to another ACME client, byte by byte as it came", "[acme]") {
    RelayRig rig;
    const std::string hello = hello_with("app.example", {"acme-tls/1"});
    Peer authority = visit_at(rig.address);
    for (const char byte : hello) {
        authority.send(std::string(1, byte));
    }
    Peer client = rig.backend.accept();
    CHECK(client.read_exactly(hello.size()) == hello);
    const std::string flight = random_text(20'000);
    client.send(flight);
    CHECK(authority.read_exactly(flight.size()) == flight);
    authority.send("the end of the handshake");
    CHECK(client.read_exactly(24) == "the end of the handshake");
    CHECK(rig.relays() == 1);
    SECTION("the CA ends first, as it does") {
        authority.close();
        CHECK(client.read_to_end().empty());
        client.close();
    }
    SECTION("the client ends first") {
        client.close();
        CHECK(authority.read_to_end().empty());
        authority.close();
    }
    CHECK(eventually([&] { return rig.relays() == 0; }));
}

TEST_CASE("what is not a CA's, and what the edge answers itself, ends at the edge", "[acme]") {
    RelayRig rig;
    int ended = 0;
    for (const std::string& hello :
         {hello_with("own.example", {"acme-tls/1"}), hello_with("app.example", {"h2", "acme-tls/1"}),
          hello_with("app.example", {"http/1.1"})}) {
        Peer visitor = visit_at(rig.address, hello);
        CHECK(rig.ended_here.wait(++ended));
    }
    CHECK(rig.relays() == 0);
}

TEST_CASE("without another ACME client a CA's connection ends at the edge", "[acme]") {
    RelayRig rig(false);
    Peer authority = visit_at(rig.address, hello_with("app.example", {"acme-tls/1"}));
    CHECK(rig.ended_here.wait());
}

TEST_CASE("a CA gets an alert while the other ACME client does not run, and the log the reason", "[acme]") {
    RelayRig rig;
    rig.backend.close();
    Peer authority = visit_at(rig.address, hello_with("app.example", {"acme-tls/1"}));
    CHECK(authority.read_to_end() == alert_of_refusal);
    CHECK(eventually([&] { return rig.log.count("a certificate authority's check was not passed") == 1; }));
    CHECK(rig.relays() == 0);
}

TEST_CASE("limit: one connection more than may be passed on at once takes the place of the oldest", "[acme]") {
    RelayRig rig;
    const std::string hello = hello_with("app.example", {"acme-tls/1"});
    std::vector<Peer> authorities;
    for (std::size_t i = 0; i < limits::challenge_relays_max; ++i) {
        authorities.push_back(visit_at(rig.address, hello));
        REQUIRE(eventually([&] { return rig.relays() == i + 1; }));
    }
    Peer newest = visit_at(rig.address, hello);
    CHECK(authorities.front().read_to_end().empty());
    CHECK(rig.relays() == limits::challenge_relays_max);
    CHECK(rig.log.count("a certificate authority's check was not passed") == 1);
}

TEST_CASE("limit: what is longer than a handshake is not passed to another ACME client", "[acme]") {
    RelayRig rig;
    const std::string hello = hello_with("app.example", {"acme-tls/1"});
    const std::string most = hello + random_text(limits::challenge_relay_bytes_max - hello.size());
    Peer authority = visit_at(rig.address, most);
    Peer client = rig.backend.accept();
    CHECK(client.read_exactly(most.size()) == most);
    CHECK(rig.relays() == 1);
    authority.send("1");
    CHECK(client.read_to_end().empty());
    CHECK(rig.relays() == 0);
}

TEST_CASE("limit: a connection that takes longer than a handshake is not passed on any further", "[acme]") {
    RecordingLogger log;
    RunningWorker running;
    BackendPort backend;
    std::unique_ptr<runtime::DeadlineWheel> wheel;
    std::unique_ptr<ChallengeRelays> relays;
    auto [authority, other_end] = runtime::socket_pair();
    on(running.worker, [&, &authority = authority] {
        wheel = std::make_unique<runtime::DeadlineWheel>(running.worker);
        relays = std::make_unique<ChallengeRelays>(running.worker, *wheel, log, 50ms);
        relays->begin(std::move(authority), "a CA", *runtime::SocketAddress::from_ip(backend.place()), {});
        REQUIRE(relays->size() == 1);
    });
    Peer client = backend.accept();
    CHECK(client.read_to_end().empty());
    CHECK(on(running.worker, [&] { return relays->size(); }) == 0);
    on(running.worker, [&] {
        relays.reset();
        wheel.reset();
    });
}
