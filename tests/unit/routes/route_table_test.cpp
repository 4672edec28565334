#include "routes/route_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "http/canonical_path.hpp"
#include "support/count_allocations.hpp"
#include "unit/routes/route_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using namespace ferrotunnel::routes;
using test::Line;
using test::routes_of;
using test::table_of;

namespace {

constexpr int unknown_host = -1;
constexpr int unknown_path = -2;
constexpr int bad_path = -3;
constexpr int ambiguous = -4;

// What a request for `path` meets, whose canonical form is looked up.
int found(const RouteTable& table, std::string_view host, std::string_view path) {
    const RouteMatch match = table.find(host, http::canonical_path(path));
    switch (match.outcome) {
        case RouteOutcome::found:
            CHECK(match.value == match.route);
            return static_cast<int>(match.value);
        case RouteOutcome::unknown_host:
            return unknown_host;
        case RouteOutcome::unknown_path:
            return unknown_path;
        case RouteOutcome::bad_path:
            return bad_path;
        case RouteOutcome::ambiguous_path:
            break;
    }
    return ambiguous;
}

std::vector<std::string> problems_of(const std::vector<Line>& lines) {
    const auto table = RouteTable::build(routes_of(lines));
    std::vector<std::string> texts;
    if (!table) {
        for (const Problem& problem : table.error()) {
            texts.push_back(problem.text);
        }
    }
    return texts;
}

}  // namespace

TEST_CASE("routes: an empty table knows no host") {
    CHECK(found(RouteTable(), "a", "/") == unknown_host);
    CHECK(found(table_of({}), "a", "/") == unknown_host);
    CHECK(found(table_of({}), "", "/../") == unknown_host);
}

TEST_CASE("routes: exact host, one label, any labels, default") {
    const std::vector<Line> lines = {{"*"},           {"**.com"},        {"**.example.com"}, {"*.example.com"},
                                     {"example.com"}, {"a.example.com"}, {"[::1]"},          {"192.0.2.1"}};
    for (const bool reversed : {false, true}) {
        std::vector<Line> order = lines;
        if (reversed) {
            std::reverse(order.begin(), order.end());
        }
        const RouteTable table = table_of(order);
        const auto rule = [&](std::string_view host) {
            const int at = found(table, host, "/");
            return at < 0 ? at : reversed ? static_cast<int>(lines.size()) - 1 - at : at;
        };
        CHECK(rule("a.example.com") == 5);
        CHECK(rule("b.example.com") == 3);
        CHECK(rule("example.com") == 4);
        CHECK(rule("x.a.example.com") == 2);
        CHECK(rule("x.y.b.example.com") == 2);
        CHECK(rule("other.com") == 1);
        CHECK(rule("x.other.com") == 1);
        CHECK(rule("com") == 0);
        CHECK(rule("notexample.org") == 0);
        CHECK(rule("[::1]") == 6);
        CHECK(rule("[::2]") == 0);
        CHECK(rule("192.0.2.1") == 7);
        CHECK(rule("") == 0);
    }
}

TEST_CASE("routes: without a default service, what no pattern fits is unknown") {
    const RouteTable table = table_of({{"**.example.com"}, {"*.example.org"}, {"app.example.net"}});
    CHECK(found(table, "example.com", "/") == unknown_host);
    CHECK(found(table, "a.b.example.org", "/") == unknown_host);
    CHECK(found(table, "example.org", "/") == unknown_host);
    CHECK(found(table, "x.app.example.net", "/") == unknown_host);
    CHECK(found(table, "com", "/") == unknown_host);
    CHECK(found(table, "", "/") == unknown_host);
    CHECK(found(table, "a.b.example.com", "/") == 0);
}

TEST_CASE("routes: equals, then expressions in their order, then the longest prefix") {
    const std::vector<Line> lines = {
        {"a", "/"},          {"a", "/api"},        {"a", "/api/v1/users"}, {"a", "= /api"},
        {"a", "= /api/v1/"}, {"a", "~ /api/v1.*"}, {"a", "~ /api/v[0-9]"}, {"a", "= /"},
    };
    const RouteTable table = table_of(lines);
    CHECK(found(table, "a", "/") == 7);
    CHECK(found(table, "a", "*") == 7);
    CHECK(found(table, "a", "/x") == 0);
    CHECK(found(table, "a", "/api") == 3);
    CHECK(found(table, "a", "/api/") == 1);
    CHECK(found(table, "a", "/api/x") == 1);
    CHECK(found(table, "a", "/apix") == 0);
    CHECK(found(table, "a", "/API") == 0);
    CHECK(found(table, "a", "/api/v1/") == 4);
    CHECK(found(table, "a", "/api/v1") == 5);
    CHECK(found(table, "a", "/api/v1/users/7") == 5);
    CHECK(found(table, "a", "/api/v2") == 6);
    CHECK(found(table, "a", "/api/v2/") == 1);
    CHECK(found(table, "a", "/api.") == 0);
}

TEST_CASE("routes: prefixes end at segments, whatever their order") {
    const std::vector<Line> lines = {{"a", "/a/b/c"}, {"a", "/a"}, {"a", "/a/b"}, {"a", "/aa/b"}};
    for (const bool reversed : {false, true}) {
        std::vector<Line> order = lines;
        if (reversed) {
            std::reverse(order.begin(), order.end());
        }
        const RouteTable table = table_of(order);
        const auto rule = [&](std::string_view path) {
            const int at = found(table, "a", path);
            return at < 0 ? at : reversed ? static_cast<int>(lines.size()) - 1 - at : at;
        };
        CHECK(rule("/a/b/c/d") == 0);
        CHECK(rule("/a/b/c") == 0);
        CHECK(rule("/a/b/cc") == 2);
        CHECK(rule("/a/b/") == 2);
        CHECK(rule("/a/bb") == 1);
        CHECK(rule("/aa/b") == 3);
        CHECK(rule("/aa") == unknown_path);
        CHECK(rule("/") == unknown_path);
    }
}

TEST_CASE("routes: the host decides alone; a less specific one is not asked for the path") {
    const RouteTable table = table_of({{"app.example.com", "/api"}, {"*.example.com", "/"}, {"*", "/"}});
    CHECK(found(table, "app.example.com", "/api/x") == 0);
    CHECK(found(table, "app.example.com", "/x") == unknown_path);
    CHECK(found(table, "b.example.com", "/x") == 1);
}

TEST_CASE("routes: a path that programs read differently is routed only where all readings meet one rule") {
    const RouteTable table = table_of({{"a", "/"}, {"a", "/admin"}, {"a", "/public"}, {"b", "/api"}, {"c", "= /x"}});
    SECTION("no backend can be reached at what another rule protects") {
        for (std::string_view path : {"/admin%2Fusers", "/admin%5cusers", "/public%2fx", "//admin", "/.//admin",
                                      "/admin;x=1/users", "/;x/admin", "/admin%3bx", "/%2Fadmin", "/x/..%2f/admin"}) {
            CAPTURE(path);
            const int at = found(table, "a", path);
            CHECK((at == ambiguous || at == bad_path));
        }
        for (std::string_view path : {"/public/%2e%2e/admin", "/public/..%2fadmin", "/public/..;/admin",
                                      "/public//../admin", "/..%c0%afadmin", "/../admin", "/%2e/admin"}) {
            CAPTURE(path);
            CHECK(found(table, "a", path) == bad_path);
        }
    }
    SECTION("what is one and the same path is") {
        CHECK(found(table, "a", "/%61dmin") == 1);
        CHECK(found(table, "a", "/%61%64min/x") == 1);
        CHECK(found(table, "a", "/admin%20x") == 0);
        CHECK(found(table, "a", "/public/../admin/users") == 1);
        CHECK(found(table, "a", "/./admin/.") == 1);
        CHECK(found(table, "a", "/admin/..") == 0);
        CHECK(found(table, "a", "/public/../x") == 0);
        CHECK(found(table, "b", "/api/../x") == unknown_path);
    }
    SECTION("where it makes no difference, it passes") {
        CHECK(found(table, "a", "/admin/group%2Fproject") == 1);
        CHECK(found(table, "a", "/admin/a/../b") == 1);
        CHECK(found(table, "a", "/admin//x") == 1);
        CHECK(found(table, "a", "/x//y") == 0);
        CHECK(found(table, "a", "/public/a;v=1/b") == 2);
        CHECK(found(table, "a", "/x/../y") == 0);
    }
    SECTION("a known rule or none is a difference too") {
        CHECK(found(table, "b", "//api") == ambiguous);
        CHECK(found(table, "b", "//x") == unknown_path);
        CHECK(found(table, "c", "//x") == ambiguous);
        CHECK(found(table, "c", "/x/.") == unknown_path);
    }
    CHECK(table.find("a", "/%zz").fault == PathFault::bad_escape);
    CHECK(table.find("a", "/x/../admin").fault == PathFault::not_canonical);
    CHECK(table.find("nobody", "/%zz").outcome == RouteOutcome::unknown_host);
}

TEST_CASE("routes: two rules for one host and path are a problem, and all problems come at once") {
    CHECK(problems_of({{"a", "/x"}, {"a", "/y"}, {"b", "/x"}, {"a", "= /x"}, {"a", "~ /x"}, {"*.a", "/x"}}).empty());
    CHECK(problems_of({{"a", "/"},
                       {"A.", "/"},
                       {"*", "/x"},
                       {"*", "/%78/"},
                       {"a", "= /q"},
                       {"a", "= /q"},
                       {"b", "~ /."},
                       {"b", "~ /."}}) ==
          std::vector<std::string>{"two rules are for `a` `/`; the second one belongs to rule 1",
                                   "two rules are for `*` `/x`; the second one belongs to rule 3",
                                   "two rules are for `a` `= /q`; the second one belongs to rule 5",
                                   "two rules are for `b` `~ /.`; the second one belongs to rule 7"});
}

TEST_CASE("routes: an expression that is none is a problem") {
    CHECK(parse_path_regex("/a(").error().text ==
          "is not a valid regular expression: a parenthesis ( is not closed, at \"/a(\"");
    CHECK(parse_path_regex("").error().text == "is empty");
    CHECK(parse_path_regex("api/.*").error().text ==
          "can match no path: paths begin with '/', and the whole path is matched");
    CHECK(parse_path_regex("/" + std::string(limits::http_path_regex_max - 1, 'a')));
    CHECK(parse_path_regex("/" + std::string(limits::http_path_regex_max, 'a')).error().text ==
          "is longer than 1024 bytes");
    CHECK_FALSE(parse_path_regex("/(((a{1000}){1000}){1000})"));
    std::vector<Route> routes = routes_of({{"a", "/"}});
    routes[0].path = {PathRule::Kind::regex, "/a["};
    const auto table = RouteTable::build(routes);
    REQUIRE_FALSE(table);
    CHECK(table.error()[0].text ==
          "`~ /a[` of `a` is not a valid regular expression: a bracket [ is not closed, at \"[\"");
}

TEST_CASE("routes: expressions are for paths up to a limit, which is reached and passed by one") {
    const RouteTable table = table_of({{"a", "~ /x/.*"}, {"a", "/"}, {"b", "~ /x/.*"}});
    const std::string longest = "/x/" + std::string(limits::http_path_regex_path_max - 3, 'a');
    CHECK(found(table, "a", longest) == 0);
    CHECK(found(table, "b", longest) == 2);
    // A longer path meets no rule at all: it must not slip past an expression to the prefix behind it.
    for (const char* host : {"a", "b"}) {
        for (const std::string& path : {longest + 'a', "/x/%2B" + longest.substr(4), "/x//" + longest.substr(3)}) {
            const RouteMatch match = table.find(host, path);
            CHECK(match.outcome == RouteOutcome::bad_path);
            CHECK(match.fault == PathFault::too_long_to_match);
        }
    }
    // Where there is no expression, there is nothing to slip past.
    CHECK(found(table_of({{"a", "/"}}), "a", longest + 'a') == 0);
}

TEST_CASE("routes: a host has expressions up to a limit, which is reached and passed by one") {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i <= limits::http_path_regexes_per_host_max; ++i) {
        paths.push_back("~ /v" + std::to_string(i) + "/.*");
    }
    std::vector<Line> lines;
    for (std::size_t i = 0; i < limits::http_path_regexes_per_host_max; ++i) {
        lines.push_back({"a", paths[i]});
    }
    CHECK(problems_of(lines).empty());
    CHECK(found(table_of(lines), "a", "/v7/x") == 7);
    lines.push_back({"b", paths.back()});
    CHECK(problems_of(lines).empty());
    lines.push_back({"a", paths.back()});
    CHECK(problems_of(lines) ==
          std::vector<std::string>{"`a` has more than 8 regular expressions for paths; `~ /v8/.*` "
                                   "is one too many; it belongs to rule 9"});
}

TEST_CASE("routes: an expression is compiled once, and shared by copies of its rule and by tables") {
    const PathRule rule = *parse_path_regex("/x/.*");
    REQUIRE(rule.expression.text() == "/x/.*");
    std::vector<Route> routes = routes_of({{"a", "/"}});
    routes[0].path = rule;
    const auto first = RouteTable::build(routes);
    const auto second = RouteTable::build(first->routes());
    CHECK(first->routes()[0].path.expression.shares_with(rule.expression));
    CHECK(second->routes()[0].path.expression.shares_with(rule.expression));

    // Where a route's expression is missing, or is another rule's, the table compiles it.
    for (const PathRegex& expression : {PathRegex(), rule.expression}) {
        routes[0].path = {PathRule::Kind::regex, "/y", expression};
        const auto table = RouteTable::build(routes);
        CHECK(table->routes()[0].path.expression.text() == "/y");
        CHECK(found(*table, "a", "/y") == 0);
        CHECK(found(*table, "a", "/x/y") == unknown_path);
    }
    CHECK(PathRule{PathRule::Kind::regex, "/x/.*"} == rule);
    CHECK_FALSE(PathRegex().matches(""));
}

namespace {

std::vector<Route> many_routes(int hosts) {
    std::vector<Route> routes;
    for (int host = 0; host < hosts; ++host) {
        const auto pattern = *parse_host_pattern("tenant-" + std::to_string(host) + ".apps.example.com");
        for (std::string_view path : {"/", "/api", "/api/v1", "/static", "/static/images"}) {
            routes.push_back({pattern, *parse_path_prefix(path), static_cast<std::uint32_t>(routes.size()), ""});
        }
    }
    return routes;
}

}  // namespace

TEST_CASE("routes: with 10,000 hosts a lookup takes the steps that it takes with 10") {
    struct Worst {
        std::size_t slots = 0;
        std::size_t comparisons = 0;
    };
    const auto worst_of = [](int hosts) {
        const auto table = RouteTable::build(many_routes(hosts), 42);
        Worst worst;
        std::size_t slots = 0;
        for (int host = 0; host < hosts; ++host) {
            LookupSteps steps;
            const std::string name = "tenant-" + std::to_string(host) + ".apps.example.com";
            const RouteMatch match = table->find(name, "/api/v1/users/7", &steps);
            REQUIRE(match.value == static_cast<std::uint32_t>(host * 5 + 2));
            REQUIRE(steps.readings == 1);
            worst.comparisons = std::max(worst.comparisons, steps.comparisons);
            slots += steps.slots;
        }
        worst.slots = slots * 10 / static_cast<std::size_t>(hosts);  // tenths, on average
        return worst;
    };
    const Worst small = worst_of(10);
    const Worst large = worst_of(10'000);
    // The texts compared are the host, /api and /api/v1: no other text is ever looked at.
    CHECK(small.comparisons == 3);
    CHECK(large.comparisons == 3);
    // Three slots are the least; a table that is at most half full takes one and a half looks for each text found.
    CHECK(small.slots >= 30);
    CHECK(small.slots <= 60);
    CHECK(large.slots >= 30);
    CHECK(large.slots <= 60);
}

TEST_CASE("routes: a host of many labels and a path of many segments ask for no more than the patterns have") {
    const RouteTable table = table_of({{"**.example.com", "/a/b"}, {"*.b.example.com"}});
    std::string host = "example.com";
    std::string path;
    for (int i = 0; i < 100; ++i) {
        host = "x." + host;
        path += "/a";
    }
    LookupSteps steps;
    CHECK(table.find(host, path, &steps).outcome == RouteOutcome::unknown_path);
    CHECK(steps.slots <= 20);
}

TEST_CASE("routes: looking up allocates nothing") {
    const RouteTable table =
        table_of({{"*"}, {"*.example.com", "/api"}, {"a", "= /x"}, {"a", "/x/y"}, {"a", "~ /[0-9]+"}});
    (void)table.find("a", "/123");  // RE2 makes its automaton when it is first needed
    std::uint64_t sum = 0;
    const std::uint64_t start = test::allocations_so_far();
    for (int round = 0; round < 1'000; ++round) {
        sum += table.find("a.example.com", "/api/users").value;
        sum += table.find("a", "/x/y//%2B").value;
        sum += table.find("a", "/123").value;
        sum += table.find("b", "/x;y").value;
    }
    CHECK(test::allocations_so_far() == start);
    CHECK(sum == 1'000 * (1 + 3 + 4 + 0));
}
