// Random tables against a reference that looks at every route.
#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <tuple>

#include "support/seeded_random.hpp"
#include "unit/routes/route_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using namespace ferrotunnel::routes;

namespace {

struct Words {
    test::SeededRandom& random;

    std::string host() {
        std::string name;
        for (std::uint64_t labels = random.between(1, 4); labels > 0; --labels) {
            name += name.empty() ? "" : ".";
            name += static_cast<char>('a' + random.below(3));
        }
        return name;
    }
    std::string pattern() {
        static constexpr std::string_view fronts[] = {"", "", "*.", "**."};
        return random.chance(5) ? "*" : std::string(fronts[random.below(4)]) + host();
    }
    std::string path(std::uint64_t segments_max) {
        std::string text;
        for (std::uint64_t segments = random.below(segments_max + 1); segments > 0; --segments) {
            static constexpr std::string_view words[] = {"/a", "/b", "/aa", "/ab"};
            text += words[random.below(4)];
        }
        return text.empty() || random.chance(20) ? text + '/' : text;
    }
    // A path with something, here and there, that programs read differently.
    std::string odd_path() {
        std::string text = path(5);
        while (random.chance(40)) {
            static constexpr std::string_view oddities[] = {"/", "/..", "/.", ";x", "%2F", "%2B", "%2Fb"};
            const std::string_view oddity = oddities[random.below(std::size(oddities))];
            text.insert(random.between(1, text.size()), oddity);
        }
        return text;
    }
};

int rank_of(HostPattern::Kind kind) {
    return kind == HostPattern::Kind::exact        ? 3
           : kind == HostPattern::Kind::one_label  ? 2
           : kind == HostPattern::Kind::any_labels ? 1
                                                   : 0;
}

// The greater the rank, the more specific the pattern.
std::tuple<int, std::size_t> rank_of(const HostPattern& pattern) {
    return {rank_of(pattern.kind), pattern.host.size()};
}

std::optional<std::tuple<int, std::size_t>> rank_of(const PathRule& rule, std::string_view path) {
    switch (rule.kind) {
        case PathRule::Kind::equals:
            return rule.path == path ? std::optional(std::tuple(3, std::size_t{0})) : std::nullopt;
        case PathRule::Kind::regex:
            return PathRegex::compile(rule.path)->matches(path) ? std::optional(std::tuple(2, std::size_t{0}))
                                                                : std::nullopt;
        case PathRule::Kind::prefix:
            break;
    }
    const bool below = (std::string(path) + '/').starts_with(rule.path + '/');
    return below ? std::optional(std::tuple(1, rule.path.size())) : std::nullopt;
}

std::optional<std::size_t> find_slowly(const std::vector<Route>& routes, const HostPattern& host,
                                       std::string_view reading) {
    std::optional<std::size_t> best;
    std::optional<std::tuple<int, std::size_t>> best_rank;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (routes[i].host == host) {
            const auto rank = rank_of(routes[i].path, reading);
            if (rank && (!best_rank || *rank > *best_rank)) {
                best = i;
                best_rank = rank;
            }
        }
    }
    return best;
}

RouteMatch find_slowly(const std::vector<Route>& routes, std::string_view host, std::string_view path) {
    const HostPattern* pattern = nullptr;
    for (const Route& route : routes) {
        if (route.host.matches(host) && (pattern == nullptr || rank_of(route.host) > rank_of(*pattern))) {
            pattern = &route.host;
        }
    }
    RouteMatch match;
    PathReadings readings;
    if (pattern == nullptr) {
        return match;
    }
    if ((match.fault = readings.assign(path)) != PathFault::none) {
        match.outcome = RouteOutcome::bad_path;
        return match;
    }
    PathBuffer buffer;
    const auto first = find_slowly(routes, *pattern, readings.reading(0, buffer));
    for (std::size_t i = 1; i < readings.count(); ++i) {
        if (find_slowly(routes, *pattern, readings.reading(i, buffer)) != first) {
            match.outcome = RouteOutcome::ambiguous_path;
            return match;
        }
    }
    match.outcome = first ? RouteOutcome::found : RouteOutcome::unknown_path;
    match.route = match.value = static_cast<std::uint32_t>(first.value_or(0));
    return match;
}

}  // namespace

TEST_CASE("routes: random tables find what looking at every route finds") {
    test::SeededRandom random(11);
    Words words{random};
    std::size_t outcomes[5] = {};
    for (int round = 0; round < 300; ++round) {
        std::vector<Route> routes;
        for (std::uint64_t lines = random.between(0, 60); lines > 0; --lines) {
            Route route{*parse_host_pattern(words.pattern()), {}, static_cast<std::uint32_t>(routes.size()), ""};
            const std::string path = words.path(3);
            route.path = random.chance(25)   ? *parse_path_equals(path)
                         : random.chance(15) ? *parse_path_regex(path + ".?")
                                             : *parse_path_prefix(path);
            const auto same = [&](const Route& other) { return other.host == route.host && other.path == route.path; };
            if (std::none_of(routes.begin(), routes.end(), same)) {
                routes.push_back(std::move(route));
            }
        }
        auto table = RouteTable::build(routes, random.next());
        REQUIRE(table);
        for (int lookup = 0; lookup < 200; ++lookup) {
            const std::string host = words.host();
            const std::string path = random.chance(50) ? words.path(5) : words.odd_path();
            const RouteMatch expected = find_slowly(routes, host, path);
            const RouteMatch found = table->find(host, path);
            CAPTURE(round, host, path);
            REQUIRE(found.outcome == expected.outcome);
            REQUIRE(found.fault == expected.fault);
            REQUIRE(found.route == expected.route);
            REQUIRE(found.value == expected.value);
            ++outcomes[static_cast<std::size_t>(found.outcome)];
            if (lookup % 50 == 0) {
                REQUIRE(table->explain(host, path).match.route == found.route);
            }
        }
    }
    for (const std::size_t count : outcomes) {
        CHECK(count > 200);
    }
}

TEST_CASE("routes: whatever the seed, a table finds the same") {
    const std::vector<test::Line> lines = {{"a.b"}, {"*.b"}, {"**.b", "/x"}, {"*", "/x/y"}};
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const RouteTable table = test::table_of(lines, seed);
        REQUIRE(table.find("a.b", "/").value == 0);
        REQUIRE(table.find("c.b", "/").value == 1);
        REQUIRE(table.find("c.a.b", "/x/z").value == 2);
        REQUIRE(table.find("c", "/x/y/z").value == 3);
    }
}
