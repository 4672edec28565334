#include <algorithm>
#include <atomic>
#include <thread>

#include "unit/peers/names_fixture.hpp"

namespace ferrotunnel::peers {
namespace {

using namespace std::chrono_literals;
using fixture::ann;
using fixture::ann_again;
using fixture::bob;
using fixture::Indices;
using fixture::Net;
using wire::Code;

cluster::Name names_of(const directory::ClaimName& name) {
    return *register_name(name);
}

TEST_CASE("A name that is claimed at one member is routed at the others", "[names]") {
    Net net({"a", "b", "c"});
    const auto home = static_cast<cluster::MemberIndex>(GENERATE(0, 1, 2));
    const directory::ClaimName host = net.host(home);
    const directory::ClaimName port(2222);
    const auto asked = net.ask(0, ann, {host, port});
    CHECK(asked->is_granted());
    for (const std::size_t other : {1U, 2U}) {
        for (const directory::ClaimName& name : {host, port}) {
            CHECK(net[other].of(names_of(name)).members == Indices{0});
            CHECK(net[other].of(names_of(name)).owner == ann.first);
            CHECK(net[other].of(names_of(name)).party == ann.second);
        }
    }
    CHECK(net[0].remote.empty());  // nobody else has it
}

TEST_CASE("Of several members with a name, those with the best readiness are reported", "[names]") {
    Net net({"a", "b", "c"});
    const directory::ClaimName host = net.host(2);
    const auto at_a = net.ask(0, ann, {host});
    const auto at_b = net.ask(1, ann, {host});
    REQUIRE(at_b->is_granted());
    CHECK(net[2].of(names_of(host)).members == Indices{0, 1});
    CHECK(net[0].of(names_of(host)).members == Indices{1});  // beside the own client

    using Readiness = directory::ClusterClaims::Readiness;
    net[0].claims->set_readiness({host}, Readiness::standby);
    net.settle();
    CHECK(net[2].of(names_of(host)).members == Indices{1});
    net[1].claims->set_readiness({host}, Readiness::draining);
    net.settle();
    CHECK(net[2].of(names_of(host)).members == Indices{0});
    net[0].claims->set_readiness({host}, Readiness::unhealthy);
    net.settle();
    CHECK(net[2].of(names_of(host)).members == Indices{0});
    net[1].claims->set_readiness({host}, Readiness::ready);
    net.settle();
    CHECK(net[2].of(names_of(host)).members == Indices{1});
}

TEST_CASE("Private services are shared by the clients of a token, and looked up for each visit", "[names]") {
    Net net({"a", "b"});
    const auto one = net.claim(0, ann, {}, "database", 1);
    const auto other = net.claim(0, ann_again, {}, "database", 2);
    const auto bobs = net.claim(1, bob, {}, "database");
    net.settle();
    CHECK(one->is_granted());
    CHECK(other->is_granted());
    CHECK(bobs->is_granted());
    const auto routes = [&](std::size_t at, const directory::ClientId& owner) {
        return net[at].names->read(
            [&](const cluster::Register& of, TimePoint) { return of.routes(*register_name(owner.first, "database")); });
    };
    CHECK(routes(1, ann) == Indices{0});
    CHECK(routes(0, bob) == Indices{1});
    CHECK(net[1].remote.empty());
    one->held.reset();
    net.settle();
    CHECK(routes(1, ann) == Indices{0});
    other->held.reset();
    net.settle();
    CHECK(routes(1, ann).empty());
}

TEST_CASE("A refusal gives back the other names of the request before it is reported", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName taken = net.host(1);
    const directory::ClaimName before = net.host(0);
    const directory::ClaimName after = net.host(0, 1);
    const auto bobs = net.ask(1, bob, {taken});
    const auto asked = net.claim(0, ann, {before, taken, after});
    bool was_free = false;
    asked->on_decided = [&](const auto&) {
        was_free = !net[0].names->read([&](const auto& of, TimePoint) { return of.has(names_of(before)); });
    };
    net.settle();
    const directory::Refusal why = asked->refusal();
    CHECK(why.code == Code::name_taken);
    CHECK(why.text == "A client of another token has the host " + taken.host + ".");
    CHECK(was_free);
    CHECK(net[1].of(names_of(before)).members.empty());
    CHECK(net[1].of(names_of(after)).members.empty());
    const auto others = net.ask(1, bob, {before, after});
    CHECK(others->is_granted());
    asked->held.reset();  // changes nothing
    net.settle();
    CHECK(net[0].of(names_of(before)).members == Indices{1});
}

TEST_CASE("A name that another client got during a partition is revoked", "[names]") {
    Net net({"a", "b", "c"});
    const directory::ClaimName host = net.host(2);
    const directory::ClaimName other = net.host(2, 1);
    const auto first = net.ask(0, ann, {host, other});
    const auto trunk = net.ask(0, ann, {host});
    REQUIRE(trunk->is_granted());
    net.unlink_all(0);
    net.pass(cluster::limits::unreachable_time);
    const auto second = net.ask(1, ann_again, {host});
    REQUIRE(second->is_granted());
    net.link(0, 1);
    net.link(0, 2);
    first->on_revoked = [&] { first->held.reset(); };  // from within the handler
    net.settle();
    for (const auto& lost : {first, trunk}) {
        REQUIRE(lost->revocations.size() == 1);
        CHECK(lost->revocations.front().code == Code::name_taken);
        CHECK(lost->revocations.front().text == "Another client has the host " + host.host + " now.");
        CHECK(lost->decisions.size() == 1);
    }
    CHECK(net[0].of(names_of(host)).members == Indices{1});
    CHECK(net[1].of(names_of(other)).members.empty());  // was given back with the rest
    CHECK(second->revocations.empty());
}

TEST_CASE("A released name stays reserved for its token", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName host = net.host(static_cast<cluster::MemberIndex>(GENERATE(0, 1)));
    auto asked = net.ask(0, ann, {host});
    CHECK(net[1].claims->is_taken(host));
    CHECK_FALSE(net[0].claims->is_taken(host));  // by others
    asked->held->reserve_for(60s);
    asked->held.reset();
    net.settle();
    CHECK(net[1].of(names_of(host)).members.empty());
    CHECK(net[1].of(names_of(host)).is_known);
    CHECK(net[1].of(names_of(host)).owner == ann.first);
    CHECK(net[0].claims->is_taken(host));
    CHECK(net[1].claims->is_taken(host));
    CHECK(net[1].claims->is_taken({host.host, "/other"}));  // a token owns a host as a whole

    CHECK(net.ask(1, bob, {host})->refusal().text == "Reserved for another token: the host " + host.host + ".");
    CHECK(net.ask(1, ann_again, {host})->is_granted());
    net.settle();
    CHECK(net.ask(1, bob, {host})->is_granted());  // the last one was destroyed without a reservation
}

TEST_CASE("While the home is away, a new name is refused for now", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName host = net.host(1);
    const directory::ClaimName own = net.host(0);
    net.unlink(0, 1);
    const auto asked = net.ask(0, ann, {own, host});
    CHECK(asked->refusal().code == Code::busy);  // the client keeps what the server has assigned to it
    CHECK(asked->refusal().text == "No link to the member b, which decides about the host " + host.host +
                                       ". Services that exist continue. The client retries.");
    net.link(0, 1);
    net.settle();
    CHECK(net.ask(0, ann, {own, host})->is_granted());
}

TEST_CASE("A probe is answered by any session of the client", "[names]") {
    Net net({"a", "b", "c"});
    const directory::ClaimName host = net.host(2);
    const auto one = net.ask(0, ann, {host});
    const auto two = net.ask(0, ann, {host});
    const auto other = net.ask(0, ann, {net.host(2, 1)});
    const auto comer = net.ask(1, ann_again, {host});
    CHECK(comer->decisions.empty());
    REQUIRE(one->probes.size() == 1);
    REQUIRE(two->probes.size() == 1);
    CHECK(other->probes.empty());  // does not have this name

    SECTION("one is alive") {
        two->probes.front()(true);
        net.settle();
        CHECK(comer->refusal().text == "Another client of the token has the host " + host.host + ".");
        one->probes.front()(false);
        net.settle();
        CHECK(one->revocations.empty());
    }
    SECTION("one is alive, the other is not") {
        one->probes.front()(false);
        net.settle();
        CHECK(comer->decisions.empty());
        two->probes.front()(true);
        net.settle();
        CHECK(comer->refusal().code == Code::name_taken);
    }
    SECTION("none is alive") {
        one->probes.front()(false);
        two->probes.front()(false);
        net.settle();
        CHECK(comer->is_granted());
        CHECK(one->revocations.size() == 1);
        CHECK(two->revocations.size() == 1);
    }
    SECTION("none answers") {
        net.pass(cluster::limits::probe_time);
        CHECK(comer->is_granted());
        one->probes.front()(true);  // too late
        net.settle();
        CHECK(one->revocations.size() == 1);
    }
    SECTION("all have ended meanwhile") {
        one->held.reset();
        two->held.reset();
        net.pass(cluster::limits::probe_time);
        CHECK(comer->is_granted());
        CHECK(one->revocations.empty());
    }
}

TEST_CASE("A claim that is destroyed before its answer gets none, and leaves nothing", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName host = net.host(1);
    const auto asked = net.claim(0, ann, {host, net.host(0)});
    const bool is_decided_there = GENERATE(false, true);
    if (is_decided_there) {  // the grant crosses the end
        const auto request = net[0].names->next(net.peer(0, 1)->link());
        REQUIRE(request);
        net[1].names->received(net.peer(1, 0)->link(), *request);
    }
    asked->held.reset();
    net.settle();
    CHECK(asked->decisions.empty());
    CHECK(net.ask(1, bob, {host, net.host(0)})->is_granted());
}

TEST_CASE("Names of a member that is linked or lost are written in steps", "[names]") {
    constexpr std::size_t count = 10'000;
    constexpr std::size_t per_claim = 50;
    Net net({"a", "b"});
    std::vector<std::shared_ptr<fixture::Asked>> asked;
    for (std::size_t i = 0; i < count; i += per_claim) {
        std::vector<directory::ClaimName> names;
        for (std::size_t k = 0; k < per_claim; ++k) {
            names.emplace_back("h" + std::to_string(i + k) + ".example.com", "/");
        }
        asked.push_back(net.ask(0, fixture::client(1, static_cast<std::uint8_t>(i / per_claim)), std::move(names)));
    }
    const auto is_routed = [&](const auto& one) { return one.second.members == Indices{0}; };
    REQUIRE(net[1].remote.size() == count);
    REQUIRE(std::all_of(net[1].remote.begin(), net[1].remote.end(), is_routed));

    const auto run = [&] {
        std::size_t steps = 1;
        net[1].batches.clear();
        for (; net[1].routes->step(); ++steps) {
            REQUIRE(net[1].batches.size() <= steps);  // one for each turn of the worker
        }
        for (const std::size_t batch : net[1].batches) {
            CHECK(batch <= cluster::limits::step_max);
        }
        return steps;
    };
    net.unlink(0, 1);
    CHECK(net[1].is_woken);
    CHECK(run() >= count / cluster::limits::step_max);
    CHECK(std::all_of(net[1].remote.begin(), net[1].remote.end(),
                      [](const auto& one) { return one.second.members.empty() && one.second.is_known; }));
    // A second change during the walk: all of them are looked up again.
    net.link(0, 1);
    net.deliver();
    CHECK(net[1].routes->step());
    net.unlink(0, 1);
    CHECK(run() >= count / cluster::limits::step_max);
    CHECK(std::none_of(net[1].remote.begin(), net[1].remote.end(), is_routed));
    net.link(0, 1);
    net.deliver();
    CHECK(run() >= count / cluster::limits::step_max);
    CHECK(std::all_of(net[1].remote.begin(), net[1].remote.end(), is_routed));
}

TEST_CASE("Handlers may claim and release; what follows comes after them", "[names]") {
    Net net({"a"});
    const directory::ClaimName first = net.host(0);
    const directory::ClaimName second = net.host(0, 1);
    std::vector<std::string> events;
    const auto decided = [&](const std::string& name) {
        return [&events, name](std::optional<directory::Refusal> why) { events.push_back(why ? why->text : name); };
    };
    directory::ClusterClaims& claims = *net[0].claims;
    std::unique_ptr<directory::ClusterClaim> inner;
    std::unique_ptr<directory::ClusterClaim> outer;
    std::unique_ptr<directory::ClusterClaim> old = claims.claim({{second}, {}, bob}, {decided("old"), {}, {}});
    outer = claims.claim({{first}, {}, ann}, {[&](std::optional<directory::Refusal>) {
                                                  events.emplace_back("outer begins");
                                                  old.reset();
                                                  inner = claims.claim({{second}, {}, ann}, {decided("inner"), {}, {}});
                                                  events.emplace_back("outer ends");
                                              },
                                              {},
                                              {}});
    CHECK(events == std::vector<std::string>{"old", "outer begins", "outer ends", "inner"});
}

TEST_CASE("Names that members cannot share are refused at once", "[names]") {
    Net net({"a", "b"});
    const std::string longest = '/' + std::string(cluster::limits::path_max - 1, 'x');
    CHECK(net.ask(0, ann, {{"app.example.com", longest}})->is_granted());
    const auto longer = net.claim(0, ann, {{"app.example.com", longest + 'x'}});
    CHECK(longer->refusal().code == Code::limit);
    CHECK(longer->refusal().text ==
          "The path of the host app.example.com has 257 bytes. In a cluster it can have 256. Use a shorter path.");
    CHECK(net.claim(0, ann, {{"app.example.com", "/a\nb"}})->refusal().code == Code::unsupported);
    CHECK(net.claim(0, ann, {}, "a\nb")->refusal().code == Code::unsupported);
    CHECK_FALSE(register_name(ann.first, std::string(limits::service_name_max + 1, 'x')));
    CHECK(register_name(ann.first, std::string(limits::service_name_max, 'x')));
    CHECK(net[0].claims->is_taken({"app.example.com", longest + 'x'}));
    CHECK(net.claim(0, ann, {})->is_granted());  // no name at all
}

TEST_CASE("Names of the register are those of the directory", "[names]") {
    for (const directory::ClaimName& name :
         {directory::ClaimName(2222), directory::ClaimName(53, directory::Transport::udp),
          directory::ClaimName("app.example.com", "/api"), directory::ClaimName("*.example.com", "tls"),
          directory::ClaimName("app.example.com", "~ ^/(a|b c)$")}) {
        CHECK(claim_name(names_of(name)) == name);
    }
    CHECK(claim_name(names_of({"app.example.com", ""})) == directory::ClaimName("app.example.com", "/"));
}

TEST_CASE("Links: a newer one replaces the older, and a violation ends it", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName host = net.host(1);
    REQUIRE(net.ask(0, ann, {host})->is_granted());
    const auto old = net.peer(0, 1);
    const auto newer = std::make_shared<fixture::Peer>(net[0].names->new_link());
    CHECK(newer->link() != old->link());
    REQUIRE(net[0].names->connected(newer->link(), net[1].names->hello(), newer));
    CHECK(old->refused == "a newer link replaces this one");
    CHECK(newer->is_ready);
    CHECK_FALSE(net[0].names->next(old->link()));
    CHECK(net[0].names->next(newer->link()));
    net[0].names->received(newer->link(), net[1].names->hello());
    CHECK(newer->refused == "it said hello twice");
    net[0].names->disconnected(newer->link());
    CHECK(newer.use_count() == 1);

    cluster::Hello stranger = net[1].names->hello();
    stranger.member = "x";
    CHECK_FALSE(net[0].names->connected(net[0].names->new_link(), stranger, newer));
    CHECK(newer.use_count() == 1);
}

TEST_CASE("A member has learned the names of others when all have reported, and these are written", "[names]") {
    Net net({"a", "b", "c"});
    const auto asked = net.ask(0, ann, {net.host(1)});
    // c starts again.
    net.unlink_all(2);
    fixture::Node& started = net.start(2);
    std::size_t written = 0;
    started.routes->on_learned([&] { written = started.remote.size(); });
    net.link(0, 2);
    net.settle();
    CHECK(started.remote.size() == 1);
    CHECK(written == 0);  // b may have others
    net.link(1, 2);
    net.settle();
    CHECK(written == 1);
}

TEST_CASE("A member that does not return is forgotten", "[names]") {
    Net net({"a", "b"});
    const directory::ClaimName host = net.host(1);
    const auto asked = net.ask(0, ann, {host});
    CHECK(net[1].names->forget("x") == "\"x\" is not a member of this cluster.");
    CHECK(net[1].names->forget("b") == "b is this server itself.");
    CHECK(net[1].names->forget("a") == "The member a is linked. Stop it first.");
    net.unlink(0, 1);
    CHECK_FALSE(net[1].names->forget("a"));
    net.settle();
    CHECK(net[1].names->read([](const auto& of, TimePoint) { return of.table().size(0); }) == 0);
    CHECK(net.ask(1, bob, {host})->refusal().code == Code::name_taken);  // reserved for the token
    CHECK(net.ask(1, ann_again, {host})->is_granted());
}

TEST_CASE("The driver reports a deadline that is earlier than the one it was armed for", "[names]") {
    Net net({"a", "b"});
    fixture::Node& node = net[0];
    CHECK(node.names->arm() == never);
    const int before = node.deadlines_moved;
    const auto asked = net.claim(0, ann, {net.host(1)});
    CHECK(node.deadlines_moved == before + 1);
    CHECK(node.names->arm() == net.now + cluster::limits::decision_time);
    net.now += cluster::limits::decision_time;
    node.names->tick();
    CHECK(asked->refusal().code == Code::busy);
    CHECK(node.names->arm() == never);
}

TEST_CASE("Claims of several threads are each decided once", "[names]") {
    Net net({"a"});
    const directory::ClaimName shared = net.host(0);
    std::atomic<int> decided{0};
    std::atomic<int> wrong{0};
    constexpr int threads = 4;
    constexpr int rounds = 300;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            const directory::ClaimName own(static_cast<std::uint16_t>(1000 + i));
            for (int round = 0; round < rounds; ++round) {
                auto held = net[0].claims->claim({{own, shared}, {}, ann}, {[&](std::optional<directory::Refusal> why) {
                                                                                wrong += why ? 1 : 0;
                                                                                ++decided;
                                                                            },
                                                                            [&](const directory::Refusal&) { ++wrong; },
                                                                            {}});
                net[0].names->tick();
                net[0].claims->set_readiness({shared}, directory::ClusterClaims::Readiness::standby);
            }
        });
    }
    for (std::thread& one : running) {
        one.join();
    }
    CHECK(wrong == 0);
    CHECK(decided <= threads * rounds);
    CHECK(net.ask(0, bob, {shared})->is_granted());  // nothing is left
}

}  // namespace
}  // namespace ferrotunnel::peers
