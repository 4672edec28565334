#include "directory/remote_leaf.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "directory/http_service.hpp"
#include "support/seeded_random.hpp"
#include "unit/directory/clients.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using directory::test::alice;
using directory::test::bob;

namespace {

std::shared_ptr<HttpService> leaf_service() {
    return std::make_shared<HttpService>(1, HttpDescription{}, ClientId{}, 1);
}

// Of two hosts that differ, some have the same hash.
std::uint64_t leaf_hash(std::size_t number) {
    return (number % 40) << 20U;
}

std::string leaf_host(std::size_t number) {
    return std::to_string(number) + std::string(number % 5 * 12, 'x') + ".example";
}

}  // namespace

TEST_CASE("hosts of a leaf with the same target share it") {
    RemoteLeaf leaf;
    const auto service = leaf_service();
    leaf.put(1, "a.example", alice.first, leaf.target(service, TimePoint{1h}));
    CHECK(leaf.target(service, TimePoint{2h}) == leaf.find(1, "a.example")->target);  // without a meaning for services
    CHECK(leaf.target(service, TimePoint{2h})->offline_since == TimePoint{});
    CHECK(leaf.target(leaf_service(), {}) != leaf.find(1, "a.example")->target);
    leaf.put(1, "a.example", alice.first, leaf.target(nullptr, TimePoint{1h}));
    CHECK(service.use_count() == 1);
    CHECK(leaf.target(nullptr, TimePoint{1h}) == leaf.find(1, "a.example")->target);
    CHECK(leaf.target(nullptr, TimePoint{2h})->offline_since == TimePoint{2h});
}

TEST_CASE("a leaf finds its hosts, and its copies do not change") {
    ferrotunnel::test::SeededRandom random(GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}));
    RemoteLeaf leaf;
    RemoteLeaf earlier;
    std::map<std::string, login::TokenId> expected;
    std::map<std::string, login::TokenId> expected_earlier;
    const auto check = [](const RemoteLeaf& of, const std::map<std::string, login::TokenId>& hosts) {
        CHECK(of.empty() == hosts.empty());
        for (std::size_t number = 0; number < 80; ++number) {
            const RemoteLeaf::Host* const found = of.find(leaf_hash(number), leaf_host(number));
            const auto at = hosts.find(leaf_host(number));
            REQUIRE((found != nullptr) == (at != hosts.end()));
            if (found != nullptr) {
                CHECK(found->owner == at->second);
                CHECK(found->name.view() == at->first);
            }
        }
    };
    const auto service = leaf_service();
    for (int step = 0; step < 400; ++step) {
        const std::size_t number = random.below(80);
        const auto owner = random.chance(50) ? alice.first : bob.first;
        if (random.chance(60)) {
            leaf.put(leaf_hash(number), leaf_host(number), owner, leaf.target(service, {}));
            expected[leaf_host(number)] = owner;
        } else {
            leaf.erase(leaf_hash(number), leaf_host(number));
            expected.erase(leaf_host(number));
        }
        if (random.chance(2)) {
            check(leaf, expected);
            check(earlier, expected_earlier);
            earlier = leaf;
            expected_earlier = expected;
        }
    }
    check(leaf, expected);
    check(earlier, expected_earlier);
}
