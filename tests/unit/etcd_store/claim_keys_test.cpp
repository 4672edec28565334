// Keys of names in etcd: their order, their sizes, and what is read from those of others.
#include "etcd_store/claim_keys.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "cluster/limits.hpp"
#include "etcd/limits.hpp"
#include "etcd_store/limits.hpp"
#include "etcd_store/release_leases.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::Name;
using cluster::StoreAnswer;
using namespace std::chrono_literals;

ClaimedName claimed(const Name& name, std::uint8_t token = 1, std::uint8_t party = 1) {
    ClaimedName made{name, {}, 5};
    made.owner.token[0] = token;
    made.owner.party[0] = party;
    return made;
}

const ClaimKeys keys_of_a("ft/", "a");

// The answer with this key at a place of the transaction's reads.
etcd::TransactionAnswer answer_with(const std::string& key, std::size_t place) {
    etcd::TransactionAnswer answer;
    answer.answers.resize(4, etcd::ReadAnswer{});
    std::get<etcd::ReadAnswer>(answer.answers[place]).pairs.push_back({key});
    return answer;
}

}  // namespace

TEST_CASE("a root's keys are adjacent, and nothing else is among them") {
    const ClaimedName site = claimed(Name::of_host("app.example.com", "/"));
    CHECK(keys_of_a.reservation_key(site) == "ft/claim/happ.example.com 0100000000000000");
    CHECK(keys_of_a.claim_key(site) ==
          "ft/claim/happ.example.com 0100000000000000 / 01000000000000000000000000000000-0000000000000005 a");
    const etcd::Transaction transaction = keys_of_a.claim(site, 1, 2);
    REQUIRE(transaction.conditions.size() == 4);
    REQUIRE(transaction.otherwise.size() == 4);
    const auto is_among = [&](const ClaimedName& other) {
        const std::string key = ClaimKeys("ft/", "b").claim_key(other);
        int places = 0;
        for (const etcd::Compare& condition : transaction.conditions) {
            places += condition.keys.contains(key) ? 1 : 0;
        }
        return places;
    };
    CHECK(is_among(site) == 0);
    CHECK(is_among(claimed(site.name, 1, 2)) == 1);
    CHECK(is_among(claimed(site.name, 1, 0)) == 1);
    CHECK(is_among(claimed(site.name, 2, 1)) == 1);
    CHECK(is_among(claimed(site.name, 0, 1)) == 1);
    CHECK(is_among(claimed(Name::of_host("app.example.com", "/api"), 1, 2)) == 0);
    CHECK(is_among(claimed(Name::of_host("app.example.com", "/api"), 2)) == 1);
    CHECK(is_among(claimed(Name::of_host("app.example.com.eu", "/"), 2)) == 0);
    CHECK(is_among(claimed(Name::of_host("app.example.co", "/"), 2)) == 0);
    ClaimedName other_terms = site;
    other_terms.terms = 6;
    CHECK(is_among(other_terms) == 1);
}

TEST_CASE("names with spaces and percent signs have keys of their own") {
    const wire::TokenId token{};
    const auto key = [](const Name& name) { return keys_of_a.reservation_key(claimed(name)); };
    CHECK(key(Name::of_service(token, "a b")) != key(Name::of_service(token, "a%20b")));
    CHECK(key(Name::of_service(token, "a b")).find("%20a%20b 01") != std::string::npos);
}

TEST_CASE("the longest names fit etcd's keys") {
    const std::string prefix(limits::prefix_max, 'p');
    const std::string member(cluster::limits::member_name_max, 'm');
    const ClaimKeys keys(prefix, member);
    const std::string label(60, 'a');
    std::string path = "/";
    for (int i = 0; i < 85; ++i) {
        path += "%41";
    }
    const Name host = Name::of_host(label + "." + label + "." + label + "." + label, path);
    CHECK(keys.claim_key(claimed(host)).size() <= etcd::limits::key_max);
    const Name service = Name::of_service({}, std::string(253, ' '));
    CHECK(keys.claim_key(claimed(service)).size() <= etcd::limits::key_max);
}

TEST_CASE("what others have is told apart by its key") {
    const ClaimedName site = claimed(Name::of_host("app.example.com", "/"));
    const ClaimKeys of_b("ft/", "b");
    const auto kind = [&](const std::string& key, std::size_t place) {
        return ClaimKeys::answer_of(site, answer_with(key, place)).kind;
    };
    CHECK(kind(of_b.claim_key(claimed(site.name, 2)), 1) == StoreAnswer::Kind::other_token);
    CHECK(kind(of_b.reservation_key(claimed(site.name, 2)), 0) == StoreAnswer::Kind::reserved);
    ClaimedName other_terms = site;
    other_terms.terms = 6;
    CHECK(kind(of_b.claim_key(other_terms), 3) == StoreAnswer::Kind::other_terms);
    const StoreAnswer other = ClaimKeys::answer_of(site, answer_with(of_b.claim_key(claimed(site.name, 1, 2)), 3));
    CHECK(other.kind == StoreAnswer::Kind::other_owner);
    CHECK(other.text == "b");
    // Of somebody else who writes here.
    CHECK(kind("ft/claim/happ.example.com x y z", 0) == StoreAnswer::Kind::other_token);
    CHECK(kind("ft/claim/happ.example.com 0100000000000000 / a", 2) == StoreAnswer::Kind::other_owner);
    CHECK(ClaimKeys::answer_of(site, {}).kind == StoreAnswer::Kind::unavailable);
}

TEST_CASE("leases of releases last for their time and are bounded") {
    ReleaseLeases leases;
    const TimePoint now{1h};
    CHECK_FALSE(leases.find(64s, now));
    leases.add(64s, 5, now);
    CHECK(leases.find(64s, now + 3s) == 5);
    CHECK_FALSE(leases.find(64s, now + 4s));
    CHECK_FALSE(leases.find(65s, now));
    CHECK(ReleaseLeases::granted_for(64s) == 69s);
    for (int i = 0; i < 100; ++i) {
        leases.add(std::chrono::seconds(1'000 + i), 6, now);
    }
    CHECK(leases.size() == limits::release_leases_max);
    leases.add(std::chrono::seconds(5'000), 7, now + 1h);
    CHECK(leases.find(5'000s, now + 1h) == 7);
}

}  // namespace ferrotunnel::etcd_store
