#include "settings/service_rules.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "settings/service.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::detail;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

Http web_at_path(std::string path = "/api") {
    Http http;
    http.host = "app.example.com";
    http.local = "127.0.0.1:3000";
    http.path = std::move(path);
    return http;
}

Texts service_rule_problems(const Http& http, bool application_serves = false) {
    Texts texts;
    for (const Problem& problem : rule_problems(http, application_serves)) {
        texts.push_back(problem.key + ": " + problem.text);
    }
    return texts;
}

}  // namespace

TEST_CASE("what a program says in Host that connects to an address", "[http]") {
    CHECK(authority_of("127.0.0.1:3000") == "127.0.0.1:3000");
    CHECK(authority_of("app.internal:80") == "app.internal");
    CHECK(authority_of("app.internal:443") == "app.internal:443");
    CHECK(authority_of("https://app.internal:443") == "app.internal");
    CHECK(authority_of("h2://app.internal:443") == "app.internal");
    CHECK(authority_of("h2c://app.internal:80") == "app.internal");
    CHECK(authority_of("h2c://127.0.0.1:50051") == "127.0.0.1:50051");
    CHECK(authority_of("https://app.internal") == "app.internal");
    CHECK(authority_of("https://app.internal:80") == "app.internal:80");
    CHECK(authority_of("https://10.0.0.7:8443", "app.internal") == "app.internal:8443");
    CHECK(authority_of("10.0.0.7:8443", "app.internal") == "10.0.0.7:8443");
    CHECK(authority_of(":3000") == "localhost:3000");
    CHECK(authority_of("[::1]:3000") == "[::1]:3000");
    CHECK(authority_of("unix:/run/app.sock") == "localhost");
    CHECK(authority_of("").empty());
    CHECK(authority_of("a b:1").empty());
}

TEST_CASE("rules and limits are registered as they were said", "[http]") {
    Http http = web_at_path();
    CHECK(http_part(http).rules == wire::HttpRulesPart{});
    CHECK(http_part(http).limits == wire::HttpLimitsPart{});
    http.rules.replace_prefix = "/v2";
    http.rules.host_header = "backend";
    http.rules.map_back = false;
    http.rules.request_headers = {{"X-Gone"}, {{"X-Set", "1"}}, {{"X-More", "2"}}};
    http.rules.https_redirect = HttpsRedirect{307, 8443};
    http.rules.hsts = Hsts{5s, true, false};
    http.limits.backend_connect_timeout = 2s;
    http.limits.first_byte_timeout = 10min;
    http.limits.upgraded_idle_timeout = 1h;
    http.limits.body_rate = 0;
    http.limits.body_max = 10;
    http.limits.upgrades = false;
    CHECK(service_rule_problems(http).empty());
    const wire::HttpPart part = http_part(http);
    CHECK(part.rules.prefix == "/v2");
    CHECK(part.rules.host == "127.0.0.1:3000");
    CHECK_FALSE(part.rules.map_back);
    using Action = wire::HttpFieldRule::Action;
    CHECK(part.rules.request_headers == std::vector<wire::HttpFieldRule>{{Action::remove, "X-Gone", ""},
                                                                         {Action::set, "X-Set", "1"},
                                                                         {Action::add, "X-More", "2"}});
    CHECK(part.rules.https_redirect == wire::HttpRulesPart::HttpsRedirect{307, 8443});
    CHECK(part.rules.hsts == wire::HttpRulesPart::Hsts{5, true, false});
    CHECK(part.limits == wire::HttpLimitsPart{2'000, 600'000, 3'600'000, 0, 10, false});
    http.limits.body_max = 0;
    CHECK_FALSE(http_part(http).limits.body_max);
    http.rules.host_header = "other:80";
    CHECK(http_part(http).rules.host == "other:80");
    Http other = http;
    CHECK(other == http);
    other.limits.body_max = 11;
    CHECK_FALSE(other == http);
}

TEST_CASE("problems of rules are called by the members of Http", "[http]") {
    Http http = web_at_path();
    HttpHeaderRules& fields = http.rules.response_headers;
    fields = {{"X-A", "Connection"}, {{"X-B", "1"}, {"Via", "2"}, {"X-C", "a\nb"}}, {{"X D", "3"}}};
    const Texts expected{
        "rules.response_headers.remove[1]: belongs to one connection, not to a message; only the edge writes it",
        "rules.response_headers.set[1].name: shows the path of a message; only the edge writes it",
        "rules.response_headers.set[2].value: has a control character or line end, which could begin a field of its "
        "own",
        "rules.response_headers.add[0].name: is not a valid field name: letters, digits and '-'"};
    CHECK(service_rule_problems(http) == expected);
    fields = {};
    for (std::size_t i = 0; i <= limits::http_header_rules_max; ++i) {
        http.rules.request_headers.remove.push_back("X-" + std::to_string(i));
    }
    CHECK(service_rule_problems(http) == Texts{"rules.request_headers: has 33 rules; at most 32"});
    http.rules = {};
    http.rules.request_headers.add = {{"X", "gr\xfc"}, {"Y", "a\tb"}};
    CHECK(service_rule_problems(http) ==
          Texts{"rules.request_headers.add[0].value: has control characters, or is not UTF-8",
                "rules.request_headers.add[1].value: has control characters, or is not UTF-8"});
    http.rules = {};
    http.rules.replace_prefix = "v2";
    http.rules.host_header = "a b";
    http.rules.https_redirect = HttpsRedirect{200, 0};
    http.rules.hsts = Hsts{-1s, false, false};
    CHECK(service_rule_problems(http) == Texts{"rules.replace_prefix: does not begin with '/'",
                                               "rules.host_header: has a character that is not valid in a host name",
                                               "rules.https_redirect.status: is not 301, 302, 307 or 308",
                                               "rules.hsts.max_age: is not from 0 to 315360000 seconds"});
    http.rules = {};
    http.rules.redirect = HttpRedirect{"ftp://x", 302};
    CHECK(service_rule_problems(http) == Texts{"rules.redirect.to: begins with neither http:// nor https://"});
    http.rules = {};
    http.rules.host_header = "backend";
    CHECK(service_rule_problems(http, true) ==
          Texts{"rules.host_header: cannot be `backend` if the application itself serves"});
}

TEST_CASE("all rules of a service together have a bound, which is reached and passed by one", "[http]") {
    Http http = web_at_path();
    const std::size_t left = limits::http_rules_bytes_max - 2 * (limits::http_header_rule_bytes + 1);
    http.rules.request_headers.set = {{"X", std::string(left / 2, 'x')}, {"Y", std::string(left - left / 2, 'y')}};
    REQUIRE(service_rule_problems(http).empty());
    CHECK_FALSE(wire::problem_of({1, wire::ServiceKind::http, 0, "", "", "", http_part(http)}));
    http.rules.request_headers.set[0].value += 'x';
    CHECK(service_rule_problems(http) == Texts{"rules: take 8193 bytes; at most 8192"});
}

TEST_CASE("limits of a service have bounds, which are reached and passed by one", "[http]") {
    Http http = web_at_path();
    HttpLimits& own = http.limits;
    own.backend_connect_timeout = 10s;
    own.first_byte_timeout = 24h;
    own.upgraded_idle_timeout = 168h;
    own.body_rate = limits::http_body_rate_max;
    own.body_max = limits::http_body_bytes_max;
    CHECK(service_rule_problems(http).empty());
    CHECK_FALSE(wire::problem_of({1, wire::ServiceKind::http, 0, "", "", "", http_part(http)}));
    *own.backend_connect_timeout += 1ms;
    *own.first_byte_timeout += 1ms;
    *own.upgraded_idle_timeout += 1ms;
    *own.body_rate += 1;
    *own.body_max += 1;
    CHECK(service_rule_problems(http) == Texts{"limits.backend_connect_timeout: must be above zero, and at most 10 s",
                                               "limits.first_byte_timeout: must be above zero, and at most a day",
                                               "limits.upgraded_idle_timeout: must be above zero, and at most a week",
                                               "limits.body_rate: must be at most 1 GiB a second",
                                               "limits.body_max: must be at most 2^63-1"});
    own = {};
    own.first_byte_timeout = 0ms;
    CHECK(service_rule_problems(http) == Texts{"limits.first_byte_timeout: must be above zero, and at most a day"});
}

TEST_CASE("a service that redirects needs nothing behind it", "[http]") {
    Http http = web_at_path();
    http.local.clear();
    std::vector<Problem> problems;
    check_service(http, false, problems);
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text, Catch::Contains("missing `local`"));
    problems.clear();
    http.rules.redirect = HttpRedirect{"https://new.example.com", 301};
    check_service(http, false, problems);
    CHECK(problems.empty());
    http.rules.redirect->status = 200;
    check_service(http, false, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "app.example.com/api");
    CHECK(problems[0].text == "`rules.redirect.status` is not 301, 302, 307 or 308");
}
