// Where instances run: hosts, paths and services, as tables; and what a chain makes of requests whose path can be read
// in several ways.
#include "plugin/scope.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "http/canonical_path.hpp"
#include "plugin/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;

namespace {

Scope scope_of(const ScopeTexts& texts) {
    auto scope = read_scope(texts);
    REQUIRE(scope);
    return *scope;
}

struct Asked {
    std::string host = "a.example.com";
    std::string service = "web";
    std::string path = "/";
};

/// The instances that run, as "0 2", or why it is not clear.
std::string who_runs(const std::vector<ScopeTexts>& texts, const Asked& asked) {
    std::vector<Scope> scopes;
    for (const ScopeTexts& each : texts) {
        scopes.push_back(scope_of(each));
    }
    std::vector<const Scope*> pointers;
    for (const Scope& scope : scopes) {
        pointers.push_back(&scope);
    }
    const InScope found = ScopeTable(pointers).find(asked.host, asked.service, http::canonical_path(asked.path));
    if (found.outcome != ScopeOutcome::found) {
        return found.outcome == ScopeOutcome::bad_path ? "bad" : "ambiguous";
    }
    std::string all;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if ((found.instances & bit_of(i)) != 0) {
            all += (all.empty() ? "" : " ") + std::to_string(i);
        }
    }
    return all;
}

std::string fault_of(const ScopeTexts& texts) {
    const auto scope = read_scope(texts);
    if (scope) {
        return "";
    }
    const ScopeFault& fault = scope.error().front();
    return std::string(fault.key) + '[' + std::to_string(fault.item) + "] " + fault.text;
}

}  // namespace

TEST_CASE("scope: hosts are patterns, as the router has them", "[scope]") {
    const std::vector<ScopeTexts> chain{{{"a.example.com"}, {}, {}},
                                        {{"*.example.com"}, {}, {}},
                                        {{"**.example.com"}, {}, {}},
                                        {{"*"}, {}, {}},
                                        {{"other.test", "A.Example.COM."}, {}, {}},
                                        {}};
    CHECK(who_runs(chain, {.host = "a.example.com"}) == "0 1 2 3 4 5");
    CHECK(who_runs(chain, {.host = "b.example.com"}) == "1 2 3 5");
    CHECK(who_runs(chain, {.host = "x.b.example.com"}) == "2 3 5");
    CHECK(who_runs(chain, {.host = "example.com"}) == "3 5");
    CHECK(who_runs(chain, {.host = "other.test"}) == "3 4 5");
}

TEST_CASE("scope: services are names, and all that is said has to fit", "[scope]") {
    const std::vector<ScopeTexts> chain{{{}, {}, {"web"}},
                                        {{}, {}, {"shop", "blog"}},
                                        {{"a.example.com"}, {}, {"shop"}},
                                        {{"a.example.com"}, {"/api"}, {"shop"}}};
    CHECK(who_runs(chain, {.service = "web"}) == "0");
    CHECK(who_runs(chain, {.service = "Web"}).empty());
    CHECK(who_runs(chain, {.service = "shop"}) == "1 2");
    CHECK(who_runs(chain, {.service = "shop", .path = "/api/x"}) == "1 2 3");
    CHECK(who_runs(chain, {.host = "b.example.com", .service = "shop", .path = "/api/x"}) == "1");
}

TEST_CASE("scope: paths are prefixes, equal paths and expressions", "[scope]") {
    const std::vector<ScopeTexts> chain{{{}, {"/api"}, {}},
                                        {{}, {"= /status"}, {}},
                                        {{}, {"~ /v[0-9]+/.*"}, {}},
                                        {{}, {"/"}, {}},
                                        {{}, {"/caf\xc3\xa9", "/a b"}, {}}};
    const auto on = [&](const std::string& path) { return who_runs(chain, {.path = path}); };
    CHECK(on("/api") == "0 3");
    CHECK(on("/api/") == "0 3");
    CHECK(on("/api/x") == "0 3");
    CHECK(on("/apix") == "3");
    CHECK(on("/status") == "1 3");
    CHECK(on("/status/") == "1 3");  // many backends serve both alike
    CHECK(on("/status/x") == "3");
    CHECK(on("/v12/users") == "2 3");
    CHECK(on("/x/v12/users") == "3");
    CHECK(on("/caf%C3%A9/x") == "3 4");
    CHECK(on("/a%20b") == "3 4");
    CHECK(on("*") == "3");
}

TEST_CASE("scope: no spelling of a path gets past it", "[scope]") {
    const std::vector<ScopeTexts> admin{{{}, {"/admin"}, {}}};
    const auto on = [&](const std::string& path) { return who_runs(admin, {.path = path}); };
    CHECK(on("/%61dmin") == "0");
    CHECK(on("/%61%64min/x") == "0");
    CHECK(on("/admin%2Fusers") == "ambiguous");
    CHECK(on("//admin") == "ambiguous");
    CHECK(on("/x/../admin/.") == "0");
    CHECK(on("/admin;v=1/x") == "ambiguous");
    CHECK(on("/admin/group%2Fproject") == "0");  // all readings are below it
    CHECK(on("/x/a%2Fb").empty());               // none is
    CHECK(on("/%zz") == "bad");
    CHECK(on("/%2e%2e/admin") == "bad");
}

TEST_CASE("scope: another form of a path than the canonical one is refused, not passed over", "[scope]") {
    const Scope scope = scope_of({{}, {"/admin"}, {}});
    for (const char* path : {"/x/../admin", "/%61dmin"}) {
        CHECK(ScopeTable({&scope}).find("a", "web", path).outcome == ScopeOutcome::bad_path);
    }
}

TEST_CASE("scope: an equal path, however it is spelt and ends", "[scope]") {
    const std::vector<ScopeTexts> login{{{}, {"= /login"}, {}}};
    const auto on = [&](const std::string& path) { return who_runs(login, {.path = path}); };
    for (const char* path : {"/login", "/login/", "/login/.", "/login/x/..", "/./login", "/%6Cogin"}) {
        CAPTURE(path);
        CHECK(on(path) == "0");
    }
    CHECK(on("/login//") == "ambiguous");
    CHECK(on("/login;x") == "ambiguous");
    CHECK(on("/login/x").empty());
    CHECK(on("/loginx").empty());
    CHECK(on("/").empty());
    CHECK(who_runs({{{}, {"= /login/"}, {}}}, {.path = "/login"}) == "0");
    CHECK(who_runs({{{}, {"= /"}, {}}}, {.path = "/"}) == "0");
    CHECK(who_runs({{{}, {"= /"}, {}}}, {.path = "/x"}).empty());
}

TEST_CASE("scope: case is ignored where that is said", "[scope]") {
    const std::vector<std::string> paths{"/Admin", "= /status", "~ /v[0-9]+/private"};
    ScopeTexts loose{{}, paths, {}};
    loose.ignore_case = true;
    const std::vector<ScopeTexts> chain{loose, {{}, paths, {}}};
    const auto on = [&](const std::string& path) { return who_runs(chain, {.path = path}); };
    CHECK(on("/Admin") == "0 1");
    CHECK(on("/ADMIN/x") == "0");
    CHECK(on("/%41dmin") == "0 1");
    CHECK(on("/adminx").empty());
    CHECK(on("/STATUS/") == "0");
    CHECK(on("/V1/Private") == "0");
    CHECK(on("//ADMIN") == "ambiguous");
}

TEST_CASE("scope: a path with several readings is rejected where that is said", "[scope]") {
    ScopeTexts strict;
    strict.reject_ambiguous_paths = true;
    const Scope scope = scope_of(strict);
    for (const char* path : {"//x", "/x;y", "/x%2Fy", "/x%5Cy", "/x%3B"}) {
        CAPTURE(path);
        CHECK(scope.rejects(path));
        CHECK_FALSE(scope_of({}).rejects(path));
        CHECK(who_runs({strict}, {.path = path}) == "0");  // the run asks it, when the instance's turn has come
    }
    for (const char* path : {"/", "/x/y%20z", "/caf%C3%A9", "/x%25", "*"}) {
        CAPTURE(path);
        CHECK_FALSE(scope.rejects(path));
    }
}

TEST_CASE("scope: a path that nobody's scope asks for is not looked at", "[scope]") {
    const std::vector<ScopeTexts> chain{{{"b.example.com"}, {"/admin"}, {}}, {}};
    CHECK(who_runs(chain, {.path = "//admin"}) == "1");
    CHECK(who_runs(chain, {.host = "b.example.com", .path = "//admin"}) == "ambiguous");
}

TEST_CASE("scope: paths are too long for expressions alone", "[scope]") {
    const std::string longest = "/" + std::string(limits::http_path_regex_path_max - 1, 'a');
    const std::vector<ScopeTexts> expression{{{}, {"~ /a+"}, {}}};
    const std::vector<ScopeTexts> prefix{{{}, {"/"}, {}}};
    CHECK(who_runs(expression, {.path = longest}) == "0");
    CHECK(who_runs(expression, {.path = longest + "a"}) == "bad");
    CHECK(who_runs(prefix, {.path = longest + "a"}) == "0");
}

TEST_CASE("scope: a chain of all instances that there may be", "[scope]") {
    std::vector<ScopeTexts> chain(limits::plugin_instances_max, ScopeTexts{{}, {"/a"}, {}});
    chain.back() = {{}, {"/b"}, {}};
    CHECK(who_runs(chain, {.path = "/b"}) == "63");
    CHECK(who_runs(chain, {.path = "/c"}).empty());
}

TEST_CASE("scope: what is wrong is told with its item", "[scope]") {
    CHECK(fault_of({{"ok.test", "a..b"}, {}, {}}).starts_with("hosts[1] "));
    CHECK(fault_of({{}, {"/ok", "api"}, {}}) == "paths[1] does not begin with '/'");
    CHECK(fault_of({{}, {"/api/*"}, {}}).starts_with("paths[0] ends with a star"));
    CHECK(fault_of({{}, {"~ /(x"}, {}}).starts_with("paths[0] "));
    CHECK(fault_of({{}, {}, {"a b"}}) == "services[0] is not a valid service name");
    CHECK(fault_of({{}, {}, {""}}) == "services[0] is not a valid service name");
    CHECK(fault_of({{}, {}, std::vector<std::string>(limits::plugin_scope_max + 1, "web")}) ==
          "services[64] is one too many; the limit is 64");
    CHECK(fault_of({{}, {}, std::vector<std::string>(limits::plugin_scope_max, "web")}).empty());
    CHECK(fault_of({{}, std::vector<std::string>(limits::plugin_scope_regexes_max + 1, "~ /a"), {}}) ==
          "paths[8] is one regular expression too many; the limit is 8");
    CHECK(fault_of({{}, std::vector<std::string>(limits::plugin_scope_regexes_max, "~ /a"), {}}).empty());
}
