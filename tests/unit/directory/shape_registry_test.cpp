#include "directory/shape_registry.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using shaping::Direction;

namespace {

constexpr TimePoint shape_time{1h};

struct Book {
    // A registry that knows a token with these rates, and one without.
    void set(const shaping::TokenRates& rates) {
        login::Rights rights;
        rights.rates = rates;
        std::vector<login::AcceptedToken> tokens;
        for (const char* name : {"slow", "free"}) {
            tokens.push_back({name, token(name), login::PortPolicy()});
        }
        tokens[0].rights = std::make_shared<const login::Rights>(rights);
        id = tokens[0].id();
        other = tokens[1].id();
        registry.set_rules(std::make_shared<const RightRules>(tokens));
        book.apply_rules(registry, shape_time);
    }
    static login::Token token(const std::string& text) { return login::parse_token("a weak token: " + text).value(); }

    ShapeRegistry book;
    Registry registry{Registry::Settings()};
    login::TokenId id{};
    login::TokenId other{};
};

}  // namespace

TEST_CASE("all trunks of a service share its rates, and all services of a token the token's", "[shaping]") {
    Book rig;
    rig.set({.all = {1'000'000, 2'000'000}, .service = {3'000'000, 0}, .visitor = {0, 4'000'000}});
    const auto first = rig.book.of({rig.id, {1}}, 7, rig.registry, shape_time);
    CHECK(rig.book.of({rig.id, {1}}, 7, rig.registry, shape_time) == first);
    const auto second = rig.book.of({rig.id, {1}}, 8, rig.registry, shape_time);
    const auto third = rig.book.of({rig.id, {2}}, 7, rig.registry, shape_time);
    CHECK((second != first && third != first));
    CHECK((&second->token() == &first->token() && &third->token() == &first->token()));
    CHECK(first->is_on());
    CHECK(first->token().buckets.of(Direction::up).rate() == 1'000'000);
    CHECK(first->token().buckets.of(Direction::down).rate() == 2'000'000);
    CHECK(first->buckets.of(Direction::up).rate() == 3'000'000);
    CHECK(first->visitor_rate(Direction::down) == 4'000'000);
    const auto free = rig.book.of({rig.other, {1}}, 7, rig.registry, shape_time);
    CHECK_FALSE(free->is_on());
    CHECK(&free->token() != &first->token());
}

TEST_CASE("a change of rules is one for services that are there", "[shaping]") {
    Book rig;
    rig.set({});
    const auto service = rig.book.of({rig.id, {1}}, 7, rig.registry, shape_time);
    CHECK_FALSE(service->is_on());
    rig.set({.all = {}, .service = {}, .visitor = {5'000, 0}});
    CHECK(service->is_on());
    CHECK(service->visitor_rate(Direction::up) == 5'000);
    rig.set({.all = {0, 9'000}, .service = {}, .visitor = {}});
    CHECK(service->visitor_rate(Direction::up) == 0);
    CHECK(service->token().buckets.of(Direction::down).rate() == 9'000);
    rig.set({});
    CHECK_FALSE(service->is_on());
}

TEST_CASE("services that nobody has any more are forgotten", "[shaping]") {
    Book rig;
    rig.set({});
    std::weak_ptr<shaping::ServiceShape> gone = rig.book.of({rig.id, {1}}, 1, rig.registry, shape_time);
    CHECK(gone.expired());
    for (std::uint32_t id = 2; id < 1'000; ++id) {
        CHECK(rig.book.of({rig.id, {1}}, id, rig.registry, shape_time));
    }
    CHECK(rig.book.size() < 100);
}
