#include "directory/registry.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

class SilentHandle final : public SessionHandle {
public:
    void evict(wire::Code, std::string, std::function<void()>) override { FAIL("the registry itself calls nobody"); }
    void probe(std::function<void(bool)>) override { FAIL("the registry itself calls nobody"); }
};

std::shared_ptr<SessionHandle> handle() {
    return std::make_shared<SilentHandle>();
}

SessionInfo registry_session(std::uint8_t token, std::uint8_t instance, std::uint64_t epoch = 1,
                             std::uint32_t trunk = 1) {
    SessionInfo info;
    info.token = {token};
    info.token_name = "token " + std::to_string(token);
    info.instance = {instance};
    info.epoch = epoch;
    info.trunk = trunk;
    info.agent = "agent";
    info.address = "192.0.2." + std::to_string(instance);
    return info;
}

AdmitAnswer admit(Registry& registry, SessionInfo info, std::shared_ptr<SessionHandle> with = handle()) {
    info.key = registry.new_key();
    return registry.admit(info, std::move(with));
}

SessionKey admitted(Registry& registry, SessionInfo info, std::shared_ptr<SessionHandle> with = handle()) {
    info.key = registry.new_key();
    AdmitAnswer answer = registry.admit(info, std::move(with));
    REQUIRE(std::holds_alternative<Admitted>(answer));
    return info.key;
}

bool granted(const ClaimAnswer& answer) {
    return std::holds_alternative<Granted>(answer);
}

wire::Code code_of(const ClaimAnswer& answer) {
    REQUIRE(std::holds_alternative<Refusal>(answer));
    CHECK_FALSE(std::get<Refusal>(answer).text.empty());
    return std::get<Refusal>(answer).code;
}

constexpr TimePoint claim_time{1h};

}  // namespace

TEST_CASE("clients are told apart by token and instance together") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionKey b = admitted(registry, registry_session(1, 2));
    // Somebody with another token who has learnt an instance cannot supersede its session.
    SessionKey c = admitted(registry, registry_session(2, 1, 99));
    CHECK(a != b);
    CHECK(b != c);
    CHECK(registry.session_count() == 3);
}

TEST_CASE("a client that comes back supersedes its older sessions") {
    Registry registry;
    auto first = handle();
    auto second = handle();
    SessionKey trunk_1 = admitted(registry, registry_session(1, 1, 5, 1), first);
    SessionKey trunk_2 = admitted(registry, registry_session(1, 1, 5, 2), second);
    AdmitAnswer answer = admit(registry, registry_session(1, 1, 6));
    REQUIRE(std::holds_alternative<Superseding>(answer));
    CHECK(std::get<Superseding>(answer).older == std::vector{first, second});
    CHECK(registry.session_count() == 2);

    registry.remove(trunk_1);
    answer = admit(registry, registry_session(1, 1, 6));
    REQUIRE(std::holds_alternative<Superseding>(answer));
    CHECK(std::get<Superseding>(answer).older == std::vector{second});
    registry.remove(trunk_2);
    admitted(registry, registry_session(1, 1, 6));
}

TEST_CASE("a login that was overtaken is refused") {
    Registry registry;
    admitted(registry, registry_session(1, 1, 6));
    AdmitAnswer answer = admit(registry, registry_session(1, 1, 5));
    REQUIRE(std::holds_alternative<Refusal>(answer));
    CHECK(std::get<Refusal>(answer).code == wire::Code::superseded);
}

TEST_CASE("the same trunk again replaces itself, another trunk joins") {
    Registry registry;
    auto first = handle();
    admitted(registry, registry_session(1, 1, 5, 1), first);
    admitted(registry, registry_session(1, 1, 5, 2));
    AdmitAnswer answer = admit(registry, registry_session(1, 1, 5, 1));
    REQUIRE(std::holds_alternative<Superseding>(answer));
    CHECK(std::get<Superseding>(answer).older == std::vector{first});
}

TEST_CASE("of two logins for one place of a tunnel the later attempt stands, in either order") {
    Registry registry;
    SessionInfo early = registry_session(1, 1, 5, 2);
    early.attempt = 3;
    SessionInfo late = early;
    late.attempt = 4;
    auto first = handle();
    SECTION("the later one comes later") {
        admitted(registry, early, first);
        AdmitAnswer answer = admit(registry, late);
        REQUIRE(std::holds_alternative<Superseding>(answer));
        CHECK(std::get<Superseding>(answer).older == std::vector{first});
    }
    SECTION("the earlier one was stuck in the network") {
        admitted(registry, late, first);
        AdmitAnswer answer = admit(registry, early);
        REQUIRE(std::holds_alternative<Refusal>(answer));
        CHECK(std::get<Refusal>(answer).code == wire::Code::superseded);
    }
    SECTION("in another place the number says nothing") {
        admitted(registry, late, first);
        early.trunk = 3;
        admitted(registry, early);
    }
}

TEST_CASE("a tunnel has as many trunks as allowed, and not one more") {
    const auto most = static_cast<std::uint32_t>(limits::trunks_per_tunnel_max);
    Registry registry;
    std::vector<SessionKey> trunks;
    for (std::uint32_t trunk = 1; trunk <= most; ++trunk) {
        trunks.push_back(admitted(registry, registry_session(1, 1, 5, trunk)));
    }
    AdmitAnswer answer = admit(registry, registry_session(1, 1, 5, most + 1));
    REQUIRE(std::holds_alternative<Refusal>(answer));
    CHECK(std::get<Refusal>(answer).code == wire::Code::limit);
    admitted(registry, registry_session(1, 2, 5, most + 1));  // another client's
    // A trunk that comes back takes its own place, and one that has gone leaves its place.
    CHECK(std::holds_alternative<Superseding>(admit(registry, registry_session(1, 1, 5, most))));
    registry.remove(trunks.front());
    admitted(registry, registry_session(1, 1, 5, most + 1));
}

TEST_CASE("the trunks of a tunnel share the claims of its services") {
    Registry registry;
    SessionKey first = admitted(registry, registry_session(1, 1, 1, 1));
    SessionKey second = admitted(registry, registry_session(1, 1, 1, 2));
    SessionKey other = admitted(registry, registry_session(1, 2));
    REQUIRE(granted(registry.claim(first, 7, 2222, claim_time)));
    CHECK(granted(registry.claim(second, 7, 2222, claim_time + 1s)));
    CHECK(granted(registry.claim(second, 7, 2222, claim_time + 1s)));
    CHECK(registry.holder_of(2222)->sessions == std::vector{first, second});
    CHECK(code_of(registry.claim(second, 8, 2222, claim_time)) == wire::Code::port_taken);

    SECTION("given back by one, it stays with the other") {
        registry.release(first, 2222);
        registry.release(first, 2222);
        CHECK(registry.holder_of(2222)->sessions == std::vector{second});
        CHECK(std::holds_alternative<Contested>(registry.claim(other, 1, 2222, claim_time)));
        registry.release(second, 2222);
    }
    SECTION("given back by one for all") {
        registry.release_for_all(other, 2222);  // not its own: nothing happens
        CHECK(registry.holder_of(2222)->sessions.size() == 2);
        registry.release_for_all(second, 2222);
        registry.release_for_all(second, 2222);
    }
    SECTION("one is lost, and then the other") {
        registry.remove(first);
        CHECK(registry.holder_of(2222)->sessions == std::vector{second});
        CHECK(registry.tunnels().front().claims.size() == 1);
        registry.remove(second);
    }
    CHECK_FALSE(registry.holder_of(2222));
    CHECK(granted(registry.claim(other, 1, 2222, claim_time)));
}

TEST_CASE("as many sessions as allowed are admitted, and not one more") {
    Registry::Settings settings;
    settings.sessions_max = 3;
    Registry registry(settings);
    SessionKey first = admitted(registry, registry_session(1, 1));
    admitted(registry, registry_session(1, 2));
    admitted(registry, registry_session(1, 3));
    AdmitAnswer answer = admit(registry, registry_session(1, 4));
    REQUIRE(std::holds_alternative<Refusal>(answer));
    CHECK(std::get<Refusal>(answer).code == wire::Code::busy);
    // Coming back is still possible: the older session goes first.
    CHECK(std::holds_alternative<Superseding>(admit(registry, registry_session(1, 1, 2))));
    registry.remove(first);
    admitted(registry, registry_session(1, 1, 2));
}

TEST_CASE("one token cannot take the sessions of all") {
    Registry::Settings settings;
    settings.sessions_max = 8;
    settings.sessions_per_token_max = 7;
    Registry registry(settings);
    SessionKey first = 0;
    for (std::uint8_t instance = 1; instance <= 7; ++instance) {
        first = admitted(registry, registry_session(1, instance));
    }
    AdmitAnswer answer = admit(registry, registry_session(1, 8));
    REQUIRE(std::holds_alternative<Refusal>(answer));
    CHECK(std::get<Refusal>(answer).code == wire::Code::busy);
    CHECK(std::get<Refusal>(answer).text.find("This token") != std::string::npos);
    SessionKey other = admitted(registry, registry_session(2, 1));
    registry.remove(other);
    registry.remove(first);
    admitted(registry, registry_session(1, 8));
}

TEST_CASE("a server with one token gives it all sessions, one with several keeps some for the others") {
    CHECK(registry_settings(1).sessions_per_token_max == limits::sessions_max);
    for (std::size_t tokens : {2U, 100U}) {
        Registry registry(registry_settings(tokens));
        for (std::uint32_t i = 0; i < limits::sessions_per_token_max; ++i) {
            SessionInfo info = registry_session(1, 1);
            info.instance = {7, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
            admitted(registry, info);
        }
        CHECK(std::holds_alternative<Refusal>(admit(registry, registry_session(1, 1))));
        admitted(registry, registry_session(2, 1));
    }
}

TEST_CASE("nor the ports, however many clients it has") {
    Registry::Settings settings;
    settings.ports_per_token_max = 3;
    Registry registry(settings);
    SessionKey first = admitted(registry, registry_session(1, 1));
    const SessionKey trunk = admitted(registry, registry_session(1, 1, 1, 2));
    const SessionKey second = admitted(registry, registry_session(1, 2));
    const SessionKey other = admitted(registry, registry_session(2, 1));
    CHECK(granted(registry.claim(first, 1, 4001, claim_time)));
    CHECK(
        granted(registry.claim(trunk, 1, 4001, claim_time)));  // the same port on another connection is the same claim
    CHECK(granted(registry.claim(second, 1, 4002, claim_time)));
    CHECK(granted(registry.claim(second, 2, 4003, claim_time)));
    const ClaimAnswer answer = registry.claim(first, 2, 4004, claim_time);
    CHECK(code_of(answer) == wire::Code::busy);
    CHECK(std::get<Refusal>(answer).text.find("this token") != std::string::npos);
    CHECK(granted(registry.claim(first, 3, {"app.example.com", "/"}, claim_time)));
    CHECK(granted(registry.claim(other, 1, 4004, claim_time)));
    registry.release(first, 4001);
    CHECK(code_of(registry.claim(first, 2, 4005, claim_time)) == wire::Code::busy);  // the other trunk still has it
    registry.release(trunk, 4001);
    CHECK(granted(registry.claim(first, 2, 4005, claim_time)));
    registry.release_for_all(second, 4003);
    CHECK(granted(registry.claim(first, 4, 4006, claim_time)));
    registry.remove(second);
    CHECK(granted(registry.claim(first, 5, 4007, claim_time)));
    CHECK(code_of(registry.claim(first, 6, 4008, claim_time)) == wire::Code::busy);
    registry.remove(first);
    first = admitted(registry, registry_session(1, 3));
    for (std::uint16_t port = 5001; port <= 5003; ++port) {
        CHECK(granted(registry.claim(first, port, port, claim_time)));
    }
    CHECK(code_of(registry.claim(first, 1, 5004, claim_time)) == wire::Code::busy);
}

TEST_CASE("what an operator allows one token goes before what a server has by itself") {
    CHECK(registry_settings(1).ports_per_token_max == limits::ports_per_token_settable_max);
    CHECK(registry_settings(2).ports_per_token_max == limits::ports_per_token_max);
    for (std::size_t tokens : {1U, 2U}) {
        CHECK(registry_settings(tokens, 5, 6).sessions_per_token_max == 5);
        CHECK(registry_settings(tokens, 5, 6).ports_per_token_max == 6);
        CHECK(registry_settings(tokens, limits::sessions_max).sessions_per_token_max == limits::sessions_max);
    }
}

TEST_CASE("a port belongs to who claimed it first") {
    Registry registry;
    auto of_a = handle();
    SessionKey a = admitted(registry, registry_session(1, 1), of_a);
    SessionKey other_token = admitted(registry, registry_session(2, 2));
    SessionKey same_token = admitted(registry, registry_session(1, 3));
    auto of_sibling = handle();
    SessionKey sibling = admitted(registry, registry_session(1, 1, 1, 2), of_sibling);
    CHECK(granted(registry.claim(a, 7, 2222, claim_time)));
    CHECK(granted(registry.claim(a, 7, 2222, claim_time)));
    CHECK(code_of(registry.claim(a, 8, 2222, claim_time)) == wire::Code::port_taken);
    CHECK(code_of(registry.claim(other_token, 7, 2222, claim_time)) == wire::Code::port_taken);
    CHECK(code_of(registry.claim(sibling, 8, 2222, claim_time)) == wire::Code::port_taken);

    ClaimAnswer answer = registry.claim(same_token, 7, 2222, claim_time);
    REQUIRE(std::holds_alternative<Contested>(answer));
    CHECK(std::get<Contested>(answer).holders == std::vector{of_a, of_sibling});
    CHECK(std::get<Contested>(answer).if_alive.code == wire::Code::port_taken);
    CHECK(std::get<Contested>(answer).if_alive.text.find("192.0.2.1") != std::string::npos);

    auto holder = registry.holder_of(2222);
    REQUIRE(holder);
    CHECK(holder->sessions == std::vector{a});
    CHECK(holder->service == 7);
}

TEST_CASE("who holds a port with another token is not told") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionKey b = admitted(registry, registry_session(2, 2));
    REQUIRE(granted(registry.claim(a, 1, 2222, claim_time)));
    ClaimAnswer answer = registry.claim(b, 1, 2222, claim_time);
    const std::string& text = std::get<Refusal>(answer).text;
    CHECK(text.find("192.0.2") == std::string::npos);
    CHECK(text.find("agent") == std::string::npos);
    CHECK(text.find("token 1") == std::string::npos);
}

TEST_CASE("ports that the token does not allow are refused, taken or not") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionInfo limited = registry_session(2, 2);
    limited.ports = *PortPolicy::parse("80,3000-3001");
    SessionKey b = admitted(registry, limited);
    CHECK(code_of(registry.claim(a, 1, 80, claim_time)) == wire::Code::port_forbidden);
    CHECK(granted(registry.claim(b, 1, 80, claim_time)));
    CHECK(granted(registry.claim(b, 2, 3001, claim_time)));
    REQUIRE(granted(registry.claim(a, 1, 2222, claim_time)));
    ClaimAnswer answer = registry.claim(b, 3, 2222, claim_time);
    CHECK(code_of(answer) == wire::Code::port_forbidden);
    CHECK(std::get<Refusal>(answer).text.find("80, 3000-3001") != std::string::npos);
}

TEST_CASE("TCP and UDP ports of one number are two names") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionKey b = admitted(registry, registry_session(2, 2));
    registry.reserve(8443);
    REQUIRE(granted(registry.claim(a, 1, 5353, claim_time)));
    REQUIRE(granted(registry.claim(b, 1, {5353, Transport::udp}, claim_time)));
    CHECK(granted(registry.claim(b, 2, {8443, Transport::udp}, claim_time)));
    ClaimAnswer answer = registry.claim(a, 2, {5353, Transport::udp}, claim_time);
    CHECK(code_of(answer) == wire::Code::port_taken);
    CHECK(std::get<Refusal>(answer).text.find("Public UDP port 5353") == 0);

    registry.keep_ports(b, claim_time + 1s);
    registry.remove(b);
    CHECK(code_of(registry.claim(a, 2, {5353, Transport::udp}, claim_time)) == wire::Code::port_taken);
    CHECK(registry.ports(claim_time).size() == 3);
    CHECK(granted(registry.claim(a, 2, {5353, Transport::udp}, claim_time + 1s)));
}

TEST_CASE("a port that the server itself listens on is nobody's") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    registry.reserve(8080);
    ClaimAnswer answer = registry.claim(a, 1, 8080, claim_time);
    CHECK(code_of(answer) == wire::Code::port_forbidden);
    CHECK(std::get<Refusal>(answer).text.find("the server itself") != std::string::npos);
    CHECK(granted(registry.claim(a, 1, 8081, claim_time)));
}

TEST_CASE("a session claims as many ports as allowed, and not one more") {
    Registry::Settings settings;
    settings.claims_per_session_max = 2;
    Registry registry(settings);
    SessionKey a = admitted(registry, registry_session(1, 1));
    CHECK(granted(registry.claim(a, 1, 2001, claim_time)));
    CHECK(granted(registry.claim(a, 2, 2002, claim_time)));
    CHECK(code_of(registry.claim(a, 3, 2003, claim_time)) == wire::Code::limit);
    CHECK(granted(registry.claim(a, 2, 2002, claim_time)));
    registry.release(a, 2001);
    CHECK(granted(registry.claim(a, 3, 2003, claim_time)));
}

TEST_CASE("released ports can be claimed by anybody") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionKey b = admitted(registry, registry_session(2, 2));
    REQUIRE(granted(registry.claim(a, 1, 2001, claim_time)));
    REQUIRE(granted(registry.claim(a, 2, 2002, claim_time)));
    registry.release(b, 2001);  // not b's port: nothing happens
    registry.release(b, 4000);
    CHECK(registry.holder_of(2001)->sessions == std::vector{a});
    registry.release(a, 2001);
    CHECK(granted(registry.claim(b, 1, 2001, claim_time)));
    registry.remove(a);
    registry.remove(a);
    CHECK_FALSE(registry.holder_of(2002));
    CHECK(granted(registry.claim(b, 2, 2002, claim_time)));
    CHECK(code_of(registry.claim(a, 1, 2003, claim_time)) == wire::Code::going_away);
}

TEST_CASE("tunnels are listed with what they hold") {
    Registry registry;
    SessionInfo info = registry_session(1, 1, 4);
    info.since = claim_time;
    SessionKey a = admitted(registry, info);
    SessionKey b = admitted(registry, registry_session(2, 2));
    REQUIRE(granted(registry.claim(a, 1, 2002, claim_time)));
    REQUIRE(granted(registry.claim(a, 2, 2001, claim_time + 1s)));
    auto tunnels = registry.tunnels();
    REQUIRE(tunnels.size() == 2);
    CHECK(tunnels[0].session == a);
    CHECK(tunnels[0].token_name == "token 1");
    CHECK(tunnels[0].agent == "agent");
    CHECK(tunnels[0].address == "192.0.2.1");
    CHECK(tunnels[0].epoch == 4);
    CHECK(tunnels[0].since == claim_time);
    REQUIRE(tunnels[0].claims.size() == 2);
    CHECK(tunnels[0].claims[0].name == 2001);
    CHECK(tunnels[0].claims[0].service == 2);
    CHECK(tunnels[0].claims[0].since == claim_time + 1s);
    CHECK(tunnels[0].claims[1].name == 2002);
    CHECK(tunnels[1].session == b);
    CHECK(tunnels[1].claims.empty());
}

TEST_CASE("a session that looks at the registry while it is destroyed does not lock itself out") {
    class LastReference final : public SessionHandle {
    public:
        explicit LastReference(Registry& registry) : registry_(registry) {}
        ~LastReference() override { registry_.session_count(); }
        void evict(wire::Code, std::string, std::function<void()>) override {}
        void probe(std::function<void(bool)>) override {}

    private:
        Registry& registry_;
    };
    Registry registry;
    registry.remove(admitted(registry, registry_session(1, 1), std::make_shared<LastReference>(registry)));
    CHECK(registry.session_count() == 0);
}

TEST_CASE("threads may use the registry at once, and a port never has two holders") {
    Registry registry;
    constexpr int thread_count = 4;
    std::vector<std::atomic<int>> holders(20);
    std::atomic<int> doubled{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([&, thread] {
            ferrotunnel::test::SeededRandom random(static_cast<std::uint64_t>(thread));
            for (int round = 0; round < 300; ++round) {
                auto me = static_cast<std::uint8_t>(thread + 1);
                SessionInfo info = registry_session(me, me, static_cast<std::uint64_t>(round));
                SessionKey key = info.key = registry.new_key();
                registry.admit(info, handle());
                std::vector<std::uint16_t> mine;
                for (int i = 0; i < 5; ++i) {
                    auto port = static_cast<std::uint16_t>(2'000 + random.below(holders.size()));
                    // One service for each claim: the same port twice is no grant.
                    if (granted(registry.claim(key, static_cast<std::uint32_t>(i), port, claim_time))) {
                        mine.push_back(port);
                        doubled += holders[port - 2'000U].fetch_add(1) != 0 ? 1 : 0;
                    }
                }
                registry.tunnels();
                for (std::uint16_t port : mine) {
                    registry.holder_of(port);
                    holders[port - 2'000U].fetch_sub(1);
                    if (random.chance(50)) {
                        registry.release(key, port);
                    }
                }
                registry.remove(key);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(doubled == 0);
    CHECK(registry.session_count() == 0);
    CHECK_FALSE(registry.holder_of(2'000));
}

TEST_CASE("hosts are claimed as ports are, and are none of them") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    SessionKey second = admitted(registry, registry_session(1, 1, 1, 2));
    SessionKey same_token = admitted(registry, registry_session(1, 2));
    SessionKey other_token = admitted(registry, registry_session(2, 3));
    const ClaimName host("app.example.com", "/");
    REQUIRE(granted(registry.claim(a, 7, host, claim_time)));
    CHECK(granted(registry.claim(second, 7, host, claim_time)));
    CHECK(registry.holder_of(host)->sessions == std::vector{a, second});
    ClaimAnswer answer = registry.claim(a, 8, host, claim_time);
    CHECK(code_of(answer) == wire::Code::name_taken);
    CHECK(std::get<Refusal>(answer).text ==
          "The host app.example.com is already used by another service of this client.");
    answer = registry.claim(other_token, 7, host, claim_time);
    CHECK(code_of(answer) == wire::Code::name_taken);
    CHECK(std::get<Refusal>(answer).text == "The host app.example.com is held by another client. Choose another host.");
    answer = registry.claim(same_token, 7, host, claim_time);
    REQUIRE(std::holds_alternative<Contested>(answer));
    CHECK(std::get<Contested>(answer).holders.size() == 2);
    CHECK_THAT(std::get<Contested>(answer).if_alive.text, Catch::StartsWith("The host app.example.com is held by"));
    CHECK(granted(registry.claim(same_token, 7, ClaimName("app.example.com", "/api"), claim_time)));
    CHECK(granted(registry.claim(other_token, 7, ClaimName("*.example.com", "/"), claim_time)));

    registry.release(a, host);
    registry.release_for_all(second, host);
    CHECK_FALSE(registry.holder_of(host));
    REQUIRE(granted(registry.claim(other_token, 7, host, claim_time)));
    registry.remove(other_token);
    CHECK_FALSE(registry.holder_of(host));
}

TEST_CASE("a session whose end finds no memory leaves no claim behind") {
    Registry registry;
    const SessionKey session = admitted(registry, registry_session(1, 1));
    const ClaimName host("a-host-with-a-rather-long-name.example.com", "/");
    REQUIRE(granted(registry.claim(session, 1, host, claim_time)));
    REQUIRE(granted(registry.claim(session, 2, 8'080, claim_time)));
    bool has_thrown = false;
    ferrotunnel::test::fail_allocation(1);
    try {
        registry.remove(session);
    } catch (const std::bad_alloc&) {
        has_thrown = true;
    }
    ferrotunnel::test::fail_allocation(0);
    CHECK_FALSE(has_thrown);
    CHECK_FALSE(registry.holder_of(host));
    CHECK_FALSE(registry.holder_of(8'080));
    CHECK(registry.session_count() == 0);
    CHECK(granted(registry.claim(admitted(registry, registry_session(2, 2)), 1, host, claim_time)));
}

TEST_CASE("a session holds as many hosts as allowed, and not one more, beside its ports") {
    Registry::Settings settings;
    settings.hosts_per_session_max = 2;
    settings.claims_per_session_max = 1;
    Registry registry(settings);
    SessionKey a = admitted(registry, registry_session(1, 1));
    CHECK(granted(registry.claim(a, 1, ClaimName("a.example", "/"), claim_time)));
    CHECK(granted(registry.claim(a, 1, ClaimName("b.example", "/"), claim_time)));
    CHECK(code_of(registry.claim(a, 1, ClaimName("c.example", "/"), claim_time)) == wire::Code::limit);
    CHECK(granted(registry.claim(a, 1, ClaimName("b.example", "/"), claim_time)));
    CHECK(granted(registry.claim(a, 2, 2001, claim_time)));
    CHECK(code_of(registry.claim(a, 3, 2002, claim_time)) == wire::Code::limit);
    registry.release(a, ClaimName("a.example", "/"));
    CHECK(granted(registry.claim(a, 1, ClaimName("c.example", "/"), claim_time)));
}

TEST_CASE("a claim's name is what people read") {
    CHECK(ClaimName(2222).text() == "Public port 2222");
    CHECK(ClaimName("a.example", "/").text() == "The host a.example");
    CHECK(ClaimName("a.example", "/api").text() == "The host a.example with the path /api");
    CHECK(ClaimName("*", "/").text() == "The default service");
}

TEST_CASE("a port that a client had before a restart is kept for its token for a while", "[claims]") {
    Registry registry;
    registry.keep(2222, {1}, claim_time + 60s);
    registry.keep(3333, {1}, claim_time + 60s);
    const SessionKey owner = admitted(registry, registry_session(1, 1));
    const SessionKey other = admitted(registry, registry_session(2, 1));
    CHECK(code_of(registry.claim(other, 1, {2222}, claim_time)) == wire::Code::port_taken);
    CHECK(granted(registry.claim(owner, 1, {2222}, claim_time)));
    registry.release(owner, {2222});
    CHECK(granted(registry.claim(other, 1, {2222}, claim_time)));  // it was given up
    CHECK(code_of(registry.claim(other, 2, {3333}, claim_time + 60s - 1ns)) == wire::Code::port_taken);
    CHECK(granted(registry.claim(other, 2, {3333}, claim_time + 60s)));
}

TEST_CASE("the ports of a client that goes without a goodbye are kept for its token for a while", "[claims]") {
    Registry registry;
    SessionKey a = admitted(registry, registry_session(1, 1));
    REQUIRE(granted(registry.claim(a, 1, 2222, claim_time)));
    REQUIRE(granted(registry.claim(a, 2, 3333, claim_time)));
    registry.release(a, 3333);
    registry.keep_ports(a, claim_time + 60s);
    registry.remove(a);
    SessionKey other = admitted(registry, registry_session(2, 2));
    CHECK(code_of(registry.claim(other, 1, 2222, claim_time + 59s)) == wire::Code::port_taken);
    CHECK(granted(registry.claim(other, 2, 3333, claim_time)));
    SECTION("its own client gets it") {
        SessionKey back = admitted(registry, registry_session(1, 1));
        CHECK(granted(registry.claim(back, 1, 2222, claim_time + 1s)));
    }
    SECTION("then it is anybody's") {
        CHECK(granted(registry.claim(other, 1, 2222, claim_time + 60s)));
    }
}

TEST_CASE("the ports that are claimed or kept are told, and when they change", "[claims]") {
    Registry registry;
    int changes = 0;
    registry.on_change([&changes] { ++changes; });
    registry.keep(3333, {9}, claim_time + 60s);
    const SessionKey first = admitted(registry, registry_session(1, 1));
    const SessionKey second = admitted(registry, registry_session(1, 1, 1, 2));
    REQUIRE(granted(registry.claim(first, 1, {2222}, claim_time)));
    CHECK(changes == 1);
    REQUIRE(granted(registry.claim(second, 1, {2222}, claim_time)));  // another trunk of the same
    REQUIRE(granted(registry.claim(first, 2, {"app.example.com", "/"}, claim_time)));
    CHECK(changes == 1);
    CHECK(registry.ports(claim_time) == std::vector<ClaimRecord::Port>{{{1}, 2222}, {{9}, 3333}});
    CHECK(registry.ports(claim_time + 60s) == std::vector<ClaimRecord::Port>{{{1}, 2222}});
    registry.remove(first);
    CHECK(changes == 1);
    registry.remove(second);
    CHECK(changes == 2);
    CHECK(registry.ports(claim_time + 60s).empty());
}

TEST_CASE("what one trunk has ended another one does not claim, until it has ended it too") {
    Registry registry;
    const SessionKey first = admitted(registry, registry_session(1, 1, 5, 1));
    const SessionKey second = admitted(registry, registry_session(1, 1, 5, 2));
    const SessionKey stranger = admitted(registry, registry_session(1, 2));
    const ClaimName name("app.example.com", "/");
    registry.end_service(first, 7);
    CHECK(code_of(registry.claim(second, 7, name, claim_time)) == wire::Code::going_away);
    CHECK(registry.refuse_ended(second, 7));
    CHECK_FALSE(registry.refuse_ended(second, 8));
    CHECK_FALSE(registry.refuse_ended(stranger, 7));
    CHECK_FALSE(registry.refuse_ended(first, 7));
    CHECK(granted(registry.claim(first, 8, name, claim_time)));

    registry.end_service(second, 7);  // the answer to the first one's, which ends nothing there
    CHECK_FALSE(registry.refuse_ended(second, 7));
    CHECK_FALSE(registry.refuse_ended(first, 7));
}

TEST_CASE("limit: of the services that other trunks have ended so many are remembered") {
    Registry registry;
    const SessionKey first = admitted(registry, registry_session(1, 1, 5, 1));
    const SessionKey second = admitted(registry, registry_session(1, 1, 5, 2));
    for (std::uint32_t id = 0; id < Registry::ended_services_max; ++id) {
        registry.end_service(first, id);
        registry.end_service(first, id);  // counts once
    }
    CHECK(registry.refuse_ended(second, 0));
    registry.end_service(first, Registry::ended_services_max);
    CHECK_FALSE(registry.refuse_ended(second, 0));
    CHECK(registry.refuse_ended(second, 1));
    CHECK(registry.refuse_ended(second, Registry::ended_services_max));
}

TEST_CASE("clients of a group hold a name together", "[groups]") {
    Registry registry;
    const auto now = TimePoint{} + 1h;
    const SessionKey first = admitted(registry, registry_session(1, 1));
    const SessionKey again = admitted(registry, registry_session(1, 1, 1, 2));
    const SessionKey second = admitted(registry, registry_session(1, 2));
    const SessionKey stranger = admitted(registry, registry_session(2, 3));
    const ClientId web = group_id({1}, wire::ServiceKind::tcp, "web");
    const ClientId other = group_id({1}, wire::ServiceKind::tcp, "other");
    CHECK(web != other);
    CHECK(web != group_id({1}, wire::ServiceKind::udp, "web"));
    CHECK(granted(registry.claim(first, 5, 2222, now, web)));
    CHECK(granted(registry.claim(again, 5, 2222, now, web)));
    CHECK(granted(registry.claim(second, 8, 2222, now, web)));
    CHECK(granted(registry.claim(second, 8, 2222, now, web)));
    CHECK(registry.holder_of(2222)->sessions == std::vector{first, again, second});
    CHECK(registry.ports(now).size() == 1);

    // Another service of a member, another group, none, and another token.
    CHECK(code_of(registry.claim(second, 9, 2222, now, web)) == wire::Code::port_taken);
    CHECK(code_of(registry.claim(second, 8, 2222, now, other)) == wire::Code::port_taken);
    const SessionKey third = admitted(registry, registry_session(1, 4));
    CHECK(std::holds_alternative<Contested>(registry.claim(third, 1, 2222, now, other)));
    CHECK(std::holds_alternative<Contested>(registry.claim(third, 1, 2222, now)));
    CHECK(code_of(registry.claim(stranger, 1, 2222, now, group_id({2}, wire::ServiceKind::tcp, "web"))) ==
          wire::Code::port_taken);

    // What a client gives back on one trunk is its own alone.
    registry.release_for_all(again, 2222);
    CHECK(registry.holder_of(2222)->sessions == std::vector{second});
    CHECK(registry.holder_of(2222)->service == 8);
    CHECK(granted(registry.claim(first, 6, 2222, now, web)));
    registry.remove(second);
    CHECK(registry.holder_of(2222)->sessions == std::vector{first});
    registry.release(first, 2222);
    CHECK_FALSE(registry.holder_of(2222));
}
