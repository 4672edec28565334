#include <catch2/catch.hpp>

#include "unit/routes/route_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using namespace ferrotunnel::routes;

namespace {

using Texts = std::vector<std::string>;

Texts explained(const RouteTable& table, std::string_view host, std::string_view path) {
    return table.explain(host, path).lines;
}

}  // namespace

TEST_CASE("explain: which rule a request meets, and why the others did not") {
    const RouteTable table = test::table_of({{"*"},
                                             {"**.example.com"},
                                             {"*.example.com"},
                                             {"app.example.com", "/"},
                                             {"app.example.com", "/api"},
                                             {"app.example.com", "/api/v1"},
                                             {"app.example.com", "/ap"},
                                             {"app.example.com", "/other"},
                                             {"app.example.com", "= /api/v2"},
                                             {"app.example.com", "~ /[0-9]+"}});
    CHECK(
        explained(table, "app.example.com", "/api/users") ==
        Texts{
            "`app.example.com` matches the host: its rules decide.",
            "`*.example.com` matches the host too, but a more specific one has precedence.",
            "`**.example.com` matches the host too, but a more specific one has precedence.",
            "`*` matches the host too, but a more specific one has precedence.",
            "`= /api/v2` matches only that one path.", "`~ /[0-9]+` does not match the whole path.",
            "`/api/v1` does not match: the path is not below it.", "`/other` does not match: the path is not below it.",
            "`/api` matches the path and has precedence: it is used.",
            "`/ap` does not match: it ends inside a segment of the path.",
            "`/` matches too, but has lower precedence: equal paths, expressions and longer prefixes precede a prefix.",
            "So the request matches `app.example.com` `/api` (rule 4)."});
    CHECK(explained(table, "a.b.example.com", "*") ==
          Texts{"No rule is for the host `a.b.example.com` itself.", "No rule with `*.` matches.",
                "`**.example.com` matches the host: its rules decide.",
                "`*` matches the host too, but a more specific one has precedence.",
                "`/` matches the path and has precedence: it is used.",
                "So the request matches `**.example.com` `/` (rule 1)."});
}

TEST_CASE("explain: requests that meet no rule") {
    const RouteTable table = test::table_of({{"a", "/x"}, {"a", "/x/caf\xc3\xa9"}, {"b", "/"}, {"b", "/admin"}});
    CHECK(explained(table, "c", "/") == Texts{"No rule is for the host `c` itself.", "No rule with `*.` matches.",
                                              "No rule with `**.` matches.", "There is no default service (`*`).",
                                              "So the host is unknown: 404."});
    const Texts host = {"`a` matches the host: its rules decide.", "No rule with `*.` matches.",
                        "No rule with `**.` matches.", "There is no default service (`*`)."};
    const auto with_host = [&](Texts lines, std::string name) {
        lines.insert(lines.begin(), host.begin(), host.end());
        lines[0][1] = name[0];
        return lines;
    };
    CHECK(explained(table, "a", "/y") == with_host({"`/x/caf%C3%A9` does not match: the path is not below it.",
                                                    "`/x` does not match: the path is not below it.",
                                                    "So no rule of `a` is for the path: 404. Rules of less specific "
                                                    "hosts are not used."},
                                                   "a"));
    CHECK(explained(table, "a", "/x/caf%c3%a9") ==
          with_host({"The path is compared as `/x/caf%C3%A9`.",
                     "`/x/caf%C3%A9` matches the path and has precedence: it is used.",
                     "`/x` matches too, but has lower precedence: equal paths, expressions and longer prefixes precede "
                     "a prefix.",
                     "So the request matches `a` `/x/caf%C3%A9` (rule 1)."},
                    "a"));
    CHECK(explained(table, "b", "/..") == with_host({"The path leads out of the root with '..': 400."}, "b"));
    CHECK(explained(table, "b", "//admin") ==
          with_host({"A backend that takes it literally reads `//admin`, which matches `/`.",
                     "A backend that merges '//' reads `/admin`, which matches `/admin`.",
                     "Backends would choose different rules, so the request is rejected: 400."},
                    "b"));
}

TEST_CASE("explain: of many rules that do not fit, some are shown") {
    std::vector<Route> routes;
    for (std::uint32_t i = 0; i < 30; ++i) {
        routes.push_back({*parse_host_pattern("a"), *parse_path_prefix("/" + std::to_string(i)), i, ""});
    }
    const auto table = RouteTable::build(routes);
    const Texts lines = explained(*table, "a", "/29/x");
    CHECK(lines.size() == 4 + 20 + 1 + 1 + 1);
    CHECK(lines[lines.size() - 2] == "And 9 more rules that do not match the path.");
    CHECK(lines.back() == "So the request matches `a` `/29`.");
}
