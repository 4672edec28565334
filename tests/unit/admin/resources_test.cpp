#include "admin/resources.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "base/percent.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

// "200 status", "405 wrong_method"
std::string asked(std::string_view method, std::string_view path, std::string_view body = {},
                  std::string_view query = {}) {
    test::FakeSubject subject;
    const Answer answer = answer_to({method, path, body, {}, {}, 7, query}, subject);
    const std::string status = std::to_string(answer.status) + ' ';
    return answer.body.contains("told") ? status + answer.body.at("told").get<std::string>()
                                        : status + answer.body.at("error").at("code").get<std::string>();
}

}  // namespace

TEST_CASE("each resource has its methods") {
    CHECK(asked("GET", "/v1/status") == "200 status");
    CHECK(asked("GET", "/v1/services") == "200 services");
    CHECK(asked("POST", "/v1/reload") == "200 reload");
    CHECK(asked("POST", "/v1/services", R"({"tcp": 1, "keep": true})") == R"(200 keep {"tcp":1})");
    CHECK(asked("POST", "/v1/services", R"({"tcp": 1, "keep": 1})") == "400 invalid");
    CHECK(asked("DELETE", "/v1/services/web", R"({"keep": true})") == "200 forget web");
    CHECK(asked("DELETE", "/v1/services/web", R"({"kept": true})") == "400 invalid");
    CHECK(asked("POST", "/v1/services/a%20b", R"({"enabled": false})") ==
          "200 disable a b for " + admin::text_of_user(7));
    CHECK(asked("POST", "/v1/services/web", R"({"enabled": true})") == "200 enable web for " + admin::text_of_user(7));
    test::FakeSubject subject;
    Request at_dashboard{"POST", "/v1/services/web", R"({"enabled": false})"};
    at_dashboard.peer = "2001:db8:1:2::3";
    CHECK(answer_to(at_dashboard, subject).body.at("told") ==
          "disable web for a holder of the dashboard's secret at 2001:db8:1:2::3");
    CHECK(asked("POST", "/v1/clients/n%20as/services", R"({"tcp": 1})") ==
          R"(200 ask n as {"method":"POST","path":"/v1/services","body":{"tcp":1}})");
    CHECK(asked("DELETE", "/v1/clients/nas/services/a%20b") ==
          R"(200 ask nas {"method":"DELETE","path":"/v1/services/a%20b","body":{}})");
    CHECK(asked("POST", "/v1/clients/nas/reload").starts_with("404 not_found"));
    CHECK(asked("GET", "/v1/clients//services").starts_with("404 not_found"));
    CHECK(asked("GET", "/v1/clients/nas").starts_with("404 not_found"));
    CHECK(asked("POST", "/v1/clients/nas/services", "[]").starts_with("400 invalid"));
    CHECK(asked("POST", "/v1/services/web", R"({"enabled": 1})") == "400 invalid");
    CHECK(asked("POST", "/v1/services/web") == "400 invalid");
    CHECK(asked("PUT", "/v1/services/web", R"({"enabled": true})") == "405 wrong_method");
    CHECK(asked("POST", "/v1/reload", R"({"try_seconds": 1})") == "200 try 1000");
    CHECK(asked("POST", "/v1/reload", R"({"try_seconds": 86400})") == "200 try 86400000");
    CHECK(asked("POST", "/v1/reload", R"({"try_seconds": 0.9})") == "400 invalid");
    CHECK(asked("POST", "/v1/reload", R"({"try_seconds": 86401})") == "400 invalid");
    CHECK(asked("POST", "/v1/reload", R"({"try_seconds": "60"})") == "400 invalid");
    CHECK(asked("POST", "/v1/reload", R"({"confirm": true})") == "200 confirm");
    CHECK(asked("POST", "/v1/reload", R"({"confirm": false})") == "400 invalid");
    CHECK(asked("POST", "/v1/reload", R"({"confirm": true, "try_seconds": 60})") == "400 invalid");
    CHECK(asked("GET", "/v1/config/diff") == "200 compare");
    CHECK(asked("POST", "/v1/config/diff") == "405 wrong_method");
    CHECK(asked("POST", "/v1/drain") == "200 drain");
    CHECK(asked("POST", "/v1/status") == "405 wrong_method");
    CHECK(asked("GET", "/v1/drain") == "405 wrong_method");
    CHECK(asked("GET", "/v1/services/web") == "405 wrong_method");
    CHECK(asked("PUT", "/v1/services") == "405 wrong_method");
    CHECK(asked("GET", "/v1/tokens") == "404 not_here");
    CHECK(asked("GET", "/v1/services/") == "404 not_found");
    CHECK(asked("GET", "/v2/status") == "404 not_found");
    CHECK(asked("GET", "/") == "404 not_found");
}

TEST_CASE("a request is forwarded to another member of a cluster, once") {
    CHECK(asked("GET", "/v1/cluster/members/b/status") == "200 member b GET /v1/status ");
    CHECK(asked("GET", "/v1/cluster/members/b/acme", {}, "?name=a.test") == "200 member b GET /v1/acme?name=a.test ");
    CHECK(asked("POST", "/v1/cluster/members/b%20c/kick", R"({"client": "alice"})") ==
          R"(200 member b c POST /v1/kick {"client": "alice"})");
    CHECK(asked("POST", "/v1/cluster/members/b/clients/n%20as/services") ==
          "200 member b POST /v1/clients/n%20as/services ");
    for (const char* path :
         {"/v1/cluster/members/", "/v1/cluster/members/b", "/v1/cluster/members/b/", "/v1/cluster/members//status"}) {
        CHECK(asked("GET", path) == "404 not_found");
    }
    CHECK(asked("GET", "/v1/cluster/members/b/events/stream") == "404 not_here");
    CHECK(asked("GET", "/v1/cluster/names") == "200 names from 0");
    CHECK(asked("GET", "/v1/cluster/names", {}, "?from=4096") == "200 names from 4096");
    for (const char* query : {"?from=", "?from=-1", "?from=1x", "?to=1"}) {
        CHECK(asked("GET", "/v1/cluster/names", {}, query) == "400 invalid");
    }
    CHECK(asked("GET", "/v1/clients", {}, "?name=a%20b") == "404 not_here");  // which servers answer
    CHECK(asked("GET", "/v1/clients") == "400 invalid");

    test::FakeSubject subject;
    Request request{"GET", "/v1/cluster/members/a/status"};
    request.peer = "b";
    const Answer answer = answer_to_member(request, subject);
    CHECK(answer.status == 409);
    CHECK(answer.body.at("error").at("code") == "not_here");
    request = {"POST", "/v1/services/web", R"({"enabled": false})"};
    request.peer = "b";
    CHECK(answer_to_member(request, subject).body.at("told") == "disable web for the member b of the cluster");
    request = {"GET", "/v1/clients/nas/services"};
    request.peer = "b";
    CHECK(answer_to_member(request, subject).body.at("told").get<std::string>().starts_with("ask here nas "));
}

TEST_CASE("what a request says is checked") {
    CHECK(asked("GET", "/v1/route", {}, "?url=https%3A%2F%2Fa.test%2Fx%3Fy%3D1&visitor=::1&cookie=a%3D1%3B+b%3D2") ==
          "200 route https://a.test/x?y=1|::1|a=1; b=2");
    CHECK(asked("GET", "/v1/route", {}, "?visitor=::1") == "400 invalid");
    CHECK(asked("GET", "/v1/route", {}, "?url=a.test&method=PUT") == "400 invalid");
    CHECK(asked("POST", "/v1/route", {}, "?url=a.test") == "405 wrong_method");
    CHECK(asked("POST", "/v1/kick", R"({"client": "alice"})") == "200 kick alice");
    CHECK(asked("POST", "/v1/kick", R"({"client": 3})") == "200 kick 3");
    CHECK(asked("POST", "/v1/kick", R"({"client": 3, "seconds": 1.5})") == "200 kick 3 for 1500");
    CHECK(asked("POST", "/v1/kick", R"({"client": 3, "seconds": 2592000})") == "200 kick 3 for 2592000000");
    for (const char* seconds : {"0", "0.9", "2592001", "-1", "\"1\"", "null"}) {
        CHECK(asked("POST", "/v1/kick", R"({"client": 3, "seconds": )" + std::string(seconds) + "}") == "400 invalid");
    }
    CHECK(asked("POST", "/v1/kick", R"({"seconds": 1})") == "400 invalid");
    CHECK(asked("POST", "/v1/kick", R"({"client": -3})") == "400 invalid");
    CHECK(asked("POST", "/v1/kick", R"({"client": ""})") == "400 invalid");
    CHECK(asked("POST", "/v1/kick", R"({"client": "a", "x": 1})") == "400 invalid");
    CHECK(asked("POST", "/v1/kick") == "400 invalid");
    CHECK(asked("POST", "/v1/drain", R"({"seconds": 1.5})") == "200 drain 1500");
    CHECK(asked("POST", "/v1/drain", R"({"seconds": -1})") == "400 invalid");
    CHECK(asked("POST", "/v1/drain", R"({"seconds": 1e300})") == "400 invalid");
    CHECK(asked("POST", "/v1/drain", R"({"time": 1})") == "400 invalid");
    CHECK(asked("POST", "/v1/reload", R"({"now": true})") == "400 invalid");
    CHECK(asked("GET", "/v1/cluster") == "200 cluster");
    CHECK(asked("POST", "/v1/cluster") == "405 wrong_method");
    const std::string member(admin::member_name_max, 'm');
    CHECK(asked("POST", "/v1/cluster/forget", R"({"member": "b"})") == "200 forget b");
    const auto forgetting = [](const std::string& name) { return "{\"member\": \"" + name + "\"}"; };
    CHECK(asked("POST", "/v1/cluster/forget", forgetting(member)) == "200 forget " + member);
    for (const std::string& body : {std::string("{}"), forgetting(""), std::string(R"({"member": 1})"),
                                    forgetting(member + "m"), std::string(R"({"member": "b", "x": 1})")}) {
        CHECK(asked("POST", "/v1/cluster/forget", body) == "400 invalid");
    }
    CHECK(asked("GET", "/v1/acme") == "200 acme");
    CHECK(asked("GET", "/v1/https-self") == "200 own authority");
    CHECK(asked("POST", "/v1/acme/renew") == "200 renew ");
    CHECK(asked("POST", "/v1/acme/renew", R"({"name": "a.test"})") == "200 renew a.test");
    const std::string longest(AcmeRenewRequest::name_max, 'n');
    CHECK(asked("POST", "/v1/acme/renew", R"({"name": ")" + longest + "\"}") == "200 renew " + longest);
    CHECK(asked("POST", "/v1/acme/renew", R"({"name": ")" + longest + "n\"}") == "400 invalid");
    for (const char* body :
         {R"({"name": ""})", R"({"name": 1})", R"({"host": "a.test"})", R"({"name": "a", "x": 1})"}) {
        CHECK(asked("POST", "/v1/acme/renew", body) == "400 invalid");
    }
    CHECK(asked("GET", "/v1/acme/records") == "200 records");
    CHECK(asked("GET", "/v1/acme/records", {}, "?check=0") == "200 records");
    CHECK(asked("GET", "/v1/acme/records", {}, "?check=1") == "200 records, checked");
    CHECK(asked("GET", "/v1/acme/records", {}, "?name=a.test") == "200 records of a.test");
    CHECK(asked("GET", "/v1/acme/records", {}, "?check=1&name=*.a.test") == "200 records of *.a.test, checked");
    CHECK(asked("GET", "/v1/acme", {}, "?name=" + longest) == "200 acme of " + longest);
    for (const std::string& query : {std::string("?check=2"), std::string("?check=1name=a"), std::string("?name="),
                                     std::string("?host=a.test"), "?name=" + longest + 'n'}) {
        CHECK(asked("GET", "/v1/acme/records", {}, query) == "400 invalid");
    }
    CHECK(asked("GET", "/v1/acme", {}, "?name=") == "400 invalid");
    CHECK(asked("GET", "/v1/acme", {}, "?check=1") == "400 invalid");
    CHECK(asked("GET", "/v1/acme/change-keys") == "405 wrong_method");
    CHECK(asked("POST", "/v1/services", R"({"tcp": 1})") == R"(200 add {"tcp":1})");
    CHECK(asked("POST", "/v1/services", "[1]") == "400 invalid");
    CHECK(asked("POST", "/v1/services", "{\"tcp\": 1") == "400 invalid");
    CHECK(asked("POST", "/v1/services", "\xff") == "400 invalid");
}

TEST_CASE("JSON that is nested deeply is refused before anything recurses on it") {
    const auto nested = [](std::size_t depth) {
        return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + '}';
    };
    CHECK(asked("POST", "/v1/services", nested(limits::admin_nesting_max)).starts_with("200 add"));
    CHECK(asked("POST", "/v1/services", nested(limits::admin_nesting_max + 1)) == "400 invalid");
    CHECK(asked("POST", "/v1/services", nested(30'000)) == "400 invalid");
    const std::string brackets(100, '[');
    CHECK(asked("POST", "/v1/services", R"({"a":"\")" + brackets + "\"}").starts_with("200 add"));
}

TEST_CASE("names stand in paths, whatever they are") {
    for (const std::string name : {"web", "tcp:2222", "a/b c", "*.example.com/api", "[::1]:80", "100%"}) {
        CHECK(asked("DELETE", "/v1/services/" + percent_encoded(name)) == "200 remove " + name);
    }
}
