// Every bound of a register, reached and exceeded by one.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

// Of all homes; quicker than Cluster::host().
Name nth_host(std::size_t number) {
    return Name::of_host("host" + std::to_string(number) + ".example.com", "/");
}

std::vector<Name> hosts_of(const Cluster& cluster, MemberIndex home, std::size_t count) {
    std::vector<Name> names;
    for (std::size_t i = 0; names.size() < count; ++i) {
        if (cluster.members().home_of(nth_host(i)) == home) {
            names.push_back(nth_host(i));
        }
    }
    return names;
}

Owner nth_owner(std::size_t number, std::uint8_t salt) {
    Owner owner;
    owner.token[0] = static_cast<std::uint8_t>(1 + number / limits::requests_of_token_max);
    owner.party[0] = salt;
    owner.party[1] = static_cast<std::uint8_t>(number % 256);
    return owner;
}

}  // namespace

TEST_CASE("register, limits: requests that wait for one home") {
    Cluster cluster = three();
    const std::vector<Name> names = hosts_of(cluster, c, limits::requests_max + 1);
    std::vector<ClaimId> claims;
    for (const Name& name : names) {
        claims.push_back(cluster.claim(a, name, ann));
    }
    REQUIRE_FALSE(cluster.answer(claims[limits::requests_max - 1]));
    REQUIRE(cluster.answer(claims[limits::requests_max])->code == wire::Code::busy);
    REQUIRE(cluster.answer(claims[limits::requests_max])->is_temporary);
    REQUIRE(cluster.ask(a, cluster.host(b), ann).granted);
    cluster.settle();
    REQUIRE(cluster.answer(claims[limits::requests_max - 1])->granted);
    REQUIRE(cluster.ask(a, names.back(), ann).granted);
}

TEST_CASE("register, limits: requests that a home works on for one member") {
    Cluster cluster = three();
    const std::vector<Name> names = hosts_of(cluster, c, limits::requests_max + 1);
    for (std::size_t i = 0; i <= limits::requests_max; ++i) {
        REQUIRE(cluster.take<LinkRefused>(c).empty());
        cluster.receive(a, c, ClaimRequest{i, names[i], ann, 1});
    }
    REQUIRE(cluster.take<LinkRefused>(c).at(0).why.find("4096 requests") != std::string::npos);
}

TEST_CASE("register, limits: changes that wait for a member that does not read") {
    Cluster cluster({"a", "b"});
    std::size_t changed = 0;
    for (std::size_t i = 0; changed <= limits::changes_max; ++i) {
        if (cluster.members().home_of(nth_host(i)) == a) {
            REQUIRE(cluster[a].is_linked(b));
            cluster.release(a, cluster.claim(a, nth_host(i), ann));
            ++changed;
        }
    }
    CHECK_FALSE(cluster[a].is_linked(b));
    const auto refused = cluster.take<LinkRefused>(a);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().why == "it does not read the changes that it is sent");
    CHECK(cluster[a].waiting() == 0);
    // The next link begins with all that there is.
    const Name present = cluster.host(a);
    (void)cluster.claim(a, present, ann);
    cluster.link(a, b);
    cluster.settle();
    CHECK(cluster[b].routes(present) == Indices{a});
}

TEST_CASE("register, limits: a request's number is used once at a time") {
    Cluster cluster = three();
    REQUIRE(cluster.ask(a, cluster.host(c), ann).granted);
    cluster.receive(b, c, ClaimRequest{7, cluster.host(c), ann_again, 1});
    REQUIRE(cluster.take<LinkRefused>(c).empty());
    cluster.receive(b, c, ClaimRequest{7, cluster.host(c), ann_again, 1});
    REQUIRE(cluster.take<LinkRefused>(c).size() == 1);
}

TEST_CASE("register, limits: requests of one token that a home works on") {
    Cluster cluster = three();
    const std::vector<Name> names = hosts_of(cluster, c, limits::requests_of_token_max + 2);
    for (const Name& name : names) {
        REQUIRE(cluster.ask(a, name, name == names.back() ? bob : ann).granted);
    }
    cluster.silence(ann);
    cluster.silence(bob);
    std::vector<ClaimId> claims;
    for (const Name& name : names) {
        claims.push_back(cluster.claim(b, name, name == names.back() ? owner(2, 2) : ann_again));
    }
    cluster.settle();
    REQUIRE_FALSE(cluster.answer(claims[limits::requests_of_token_max - 1]));
    REQUIRE(cluster.answer(claims[limits::requests_of_token_max])->code == wire::Code::busy);
    REQUIRE_FALSE(cluster.answer(claims.back()));
    cluster.pass(limits::probe_time);
    REQUIRE(cluster.answer(claims[limits::requests_of_token_max - 1])->granted);
    REQUIRE(cluster.answer(claims.back())->granted);
}

TEST_CASE("register, limits: probes of clients of one member") {
    Cluster cluster = three();
    const std::vector<Name> names = hosts_of(cluster, c, limits::probes_max + 1);
    for (std::size_t i = 0; i < names.size(); ++i) {
        cluster.receive(a, c, Have{std::nullopt, {Claim{names[i], nth_owner(i, 1), cluster.wall(), 0, 1}}});
    }
    for (std::size_t i = 0; i < limits::probes_max; ++i) {
        cluster.claim(b, names[i], nth_owner(i, 2));
    }
    cluster.send(b, c);
    cluster.deliver(b, c);
    const ClaimId claim = cluster.claim(c, names.back(), nth_owner(limits::probes_max, 2));
    REQUIRE(cluster.answer(claim)->code == wire::Code::busy);
    REQUIRE(cluster.answer(claim)->text.find("member a") != std::string::npos);
    // The member's answers make room.
    cluster.pass(limits::probe_time);
    const ClaimId again = cluster.claim(c, names.back(), nth_owner(limits::probes_max, 2));
    cluster.settle();
    REQUIRE(cluster.answer(again)->granted);
}

TEST_CASE("register, limits: probes that a member works on for one home") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.silence(ann);
    for (std::size_t i = 0; i <= limits::probes_max; ++i) {
        REQUIRE(cluster.take<LinkRefused>(a).empty());
        cluster.receive(c, a, Probe{i, name, ann});
    }
    REQUIRE(cluster.take<LinkRefused>(a).at(0).why.find("4096 probes") != std::string::npos);
    REQUIRE(cluster[a].next_deadline() == never);
}

TEST_CASE("register, limits: provisional claims that a home is asked about at a time") {
    Cluster cluster = three();
    const std::vector<Name> names = hosts_of(cluster, c, limits::confirmations_max + 1);
    for (const Name& name : names) {
        REQUIRE(cluster.ask(a, name, ann).granted);
    }
    cluster.unlink_all(c);
    for (const Name& name : names) {
        REQUIRE(cluster.ask(b, name, ann).provisional);
    }
    cluster.link(b, c);
    cluster.send(b, c);
    std::size_t requests = 0;
    for (const Message& message : cluster.wire(b, c)) {
        requests += std::holds_alternative<ClaimRequest>(message) ? 1 : 0;
    }
    REQUIRE(requests == limits::confirmations_max);
    cluster.settle();
    REQUIRE(cluster[b].waiting() == 0);
    for (const Name& name : names) {
        REQUIRE_FALSE(cluster[c].table().entry(b, name)->claim.provisional);
    }
}

TEST_CASE("register, limits: claims in one message") {
    Cluster cluster = three();
    for (std::size_t i = 0; i <= limits::claims_per_message; ++i) {
        cluster.claim(a, cluster.host(a, i), ann);
    }
    const auto sizes = [&] {
        std::vector<std::size_t> found;
        for (const Message& message : cluster.wire(a, b)) {
            if (const Have* const have = std::get_if<Have>(&message)) {
                found.push_back(have->claims.size());
            }
        }
        return found;
    };
    cluster.send(a, b);
    REQUIRE(sizes() == std::vector<std::size_t>{limits::claims_per_message, 1});
    cluster.settle();
    cluster.unlink(a, b);
    cluster.link(a, b);
    cluster.send(a, b);
    REQUIRE(sizes() == std::vector<std::size_t>{limits::claims_per_message, 1});
}

TEST_CASE("register, limits: the longest names fit into messages, and their refusals too") {
    Cluster cluster = three();
    const std::string label(60, 'x');
    for (std::size_t i = 0; i < 40; ++i) {
        std::string host = std::to_string(100 + i);
        while (host.size() < 253 - 61) {
            host += "." + label;
        }
        const Name name = Name::of_host(host, "/" + std::string(limits::path_max - 1, 'y'));
        REQUIRE(cluster.ask(a, name, ann).granted);
        REQUIRE_FALSE(cluster.ask(b, name, bob).granted);
    }
    cluster.unlink(a, b);
    cluster.link(a, b);
    cluster.settle();
    REQUIRE(cluster[b].table().size(a) == 40);
}

TEST_CASE("register, limits: names of this member") {
    const auto members = std::make_shared<const Members>(Cluster::Names{"a"}, "a");
    const TimePoint now{1h};
    Register alone(members, {1, 2, now, 1'700'000'000'000});
    std::size_t granted = 0;
    for (std::size_t i = 0; i < limits::claims_max; ++i) {
        granted += std::holds_alternative<ClaimGranted>(alone.claim(i, nth_host(i), ann, 1, now).at(0)) ? 1 : 0;
    }
    REQUIRE(granted == limits::claims_max);
    const Effects effects = alone.claim(limits::claims_max, nth_host(limits::claims_max), ann, 1, now);
    REQUIRE(std::get<ClaimRefused>(effects.at(0)).code == wire::Code::limit);
    REQUIRE(std::get<ClaimRefused>(effects.at(0)).is_temporary);
    alone.release(0, 0s, now);
    REQUIRE(std::holds_alternative<ClaimGranted>(
        alone.claim(limits::claims_max + 1, nth_host(limits::claims_max), ann, 1, now).at(0)));
}

TEST_CASE("register, limits: names of another member") {
    Cluster cluster({"a", "b"});
    const LinkId link = cluster.link_id(b, a);
    const auto say = [&](std::size_t number) {
        return cluster[a].received(link, Have{std::nullopt, {Claim{nth_host(number), ann, cluster.wall(), 0, 1}}},
                                   cluster.now());
    };
    for (std::size_t i = 0; i < limits::claims_max; ++i) {
        (void)say(i);
    }
    REQUIRE(cluster[a].table().size(b) == limits::claims_max);
    SECTION("that it says it has") {
        cluster.note(a, say(limits::claims_max));
        REQUIRE(cluster.take<LinkRefused>(a).size() == 1);
        REQUIRE(cluster[a].table().size(b) == limits::claims_max);
    }
    SECTION("that this home would grant") {
        std::size_t number = limits::claims_max;
        while (cluster.members().home_of(nth_host(number)) != a) {
            ++number;
        }
        REQUIRE(cluster.ask(b, nth_host(number), ann).code == wire::Code::limit);
    }
}

}  // namespace ferrotunnel::cluster::fixture
