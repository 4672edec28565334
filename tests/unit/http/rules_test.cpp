#include "http/rules.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "http/header_rules.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

using Texts = std::vector<std::string>;
using Action = HeaderRule::Action;

Texts problems_of(const Rules& rules, std::string_view prefix = "/api") {
    Texts texts;
    for (const RuleProblem& problem : check_rules(rules, *parse_path_prefix(prefix))) {
        texts.push_back(problem.key + ": " + problem.text);
    }
    return texts;
}

Texts problems_of_prefix(std::string to) {
    Rules rules;
    rules.prefix = PrefixRewrite{std::move(to)};
    return problems_of(rules);
}

Texts problems_of_field(HeaderRule rule) {
    Rules rules;
    rules.request_headers = {std::move(rule)};
    return problems_of(rules);
}

Texts problems_of_redirect(std::string to, std::string_view prefix = "/api", int status = 301) {
    Rules rules;
    rules.redirect = Redirect{static_cast<std::uint16_t>(status), std::move(to)};
    return problems_of(rules, prefix);
}

}  // namespace

TEST_CASE("rules: what is good has no problems") {
    Rules rules;
    CHECK(problems_of(rules).empty());
    rules.prefix = PrefixRewrite{"/v2"};
    rules.host = "internal.example:8080";
    rules.request_headers = {{Action::set, "X-Tenant", "acme"},
                             {Action::add, "X-Tenant", "other"},
                             {Action::remove, "Cookie", ""},
                             {Action::set, "X-Empty", ""}};
    rules.response_headers = {{Action::set, "Cache-Control", "no-store, max-age=0"},
                              {Action::add, "Set-Cookie", "a=b"},
                              {Action::remove, "Server", ""}};
    rules.https_redirect = HttpsRedirect{};
    rules.hsts = Hsts{};
    CHECK(problems_of(rules).empty());
    CHECK(rules == Rules(rules));
    Rules other = rules;
    other.response_headers[0].value = "no-store";
    CHECK(rules != other);
}

TEST_CASE("rules: prefixes") {
    CHECK(problems_of_prefix("").empty());
    CHECK(problems_of_prefix("/a%20b/c").empty());
    CHECK(problems_of_prefix("/" + std::string(limits::http_path_text_max - 1, 'a')).empty());
    CHECK(problems_of_prefix("/" + std::string(limits::http_path_text_max, 'a')) ==
          Texts{"prefix: is longer than 1024 bytes"});
    CHECK(problems_of_prefix("/") ==
          Texts{"prefix: ends with '/'; omit that '/', and leave the prefix empty for the root"});
    CHECK(problems_of_prefix("/v2/") ==
          Texts{"prefix: ends with '/'; omit that '/', and leave the prefix empty for the root"});
    CHECK(problems_of_prefix("v2") == Texts{"prefix: does not begin with '/'"});
    CHECK(problems_of_prefix("/a?b") ==
          Texts{"prefix: has a query or fragment ('?' or '#'); the request's own query is kept"});
    CHECK(problems_of_prefix("/a/../b") ==
          Texts{"prefix: has '.', '..', '//', an encoded slash or ';', which programs interpret differently"});
    CHECK(problems_of_prefix("/a\r\nX: y") ==
          Texts{"prefix: has a control character, a space, '?', '#', a backslash or a byte beyond ASCII that is not "
                "percent-encoded"});
    Rules rules;
    rules.prefix = PrefixRewrite{"/v2"};
    CHECK(check_rules(rules, *parse_path_equals("/x")) ==
          std::vector<RuleProblem>{{"prefix", "has no prefix to replace: the rule is for `= /x`"}});
}

TEST_CASE("rules: hosts") {
    Rules rules;
    rules.host = "a,b";
    CHECK(problems_of(rules) == Texts{"host: is a list: it has a comma"});
    rules.host = "[::1]:3000";
    CHECK(problems_of(rules).empty());
    rules.host = "";
    CHECK(problems_of(rules).empty());
}

TEST_CASE("rules: fields that are the edge's own may not be touched, under no spelling") {
    struct Row {
        std::string_view name;
        std::string_view why;
    };
    const Row rows[] = {
        {"Host", "decides where a request goes; use the host rewrite instead"},
        {"content-length", "decides where a message ends; only the edge writes it"},
        {"Content_Length", "decides where a message ends; only the edge writes it"},
        {"TRANSFER-ENCODING", "decides where a message ends; only the edge writes it"},
        {"Trailer", "decides where a message ends; only the edge writes it"},
        {"Connection", "belongs to one connection, not to a message; only the edge writes it"},
        {"Keep-Alive", "belongs to one connection, not to a message; only the edge writes it"},
        {"TE", "belongs to one connection, not to a message; only the edge writes it"},
        {"Upgrade", "belongs to one connection, not to a message; only the edge writes it"},
        {"Expect", "belongs to one connection, not to a message; only the edge writes it"},
        {"Proxy-Connection", "belongs to one connection, not to a message; only the edge writes it"},
        {"Proxy-Authorization", "belongs to one connection, not to a message; only the edge writes it"},
        {"HTTP2-Settings", "belongs to one connection, not to a message; only the edge writes it"},
        {"Forwarded", "tells a backend who the visitor is; only the edge writes it"},
        {"X-Forwarded-For", "tells a backend who the visitor is; only the edge writes it"},
        {"X_Forwarded_For", "tells a backend who the visitor is; only the edge writes it"},
        {"x.forwarded-for-", "tells a backend who the visitor is; only the edge writes it"},
        {"X-Forwarded-Prefix", "tells a backend who the visitor is; only the edge writes it"},
        {"X-Real-IP", "tells a backend who the visitor is; only the edge writes it"},
        {"Via", "shows the path of a message; only the edge writes it"},
        {"X-Request-ID", "ties the logs of both ends together; only the edge writes it"},
        {"X-FerroTunnel-Error", "is the edge's own"},
    };
    for (const Row& row : rows) {
        for (const Action action : {Action::add, Action::set, Action::remove}) {
            CAPTURE(row.name);
            CHECK(problems_of_field({action, std::string(row.name), ""}) ==
                  Texts{"request_headers[0].name: " + std::string(row.why)});
        }
    }
    for (std::string_view name : {"X-Forward", "Hosts", "X-Host", "Content-Type", "Authorization", "T", "X-Ferro"}) {
        CAPTURE(name);
        CHECK(protected_field_reason(name).empty());
    }
}

TEST_CASE("rules: names and values that would break a message are problems") {
    const std::string bad_name = "request_headers[0].name: is not a valid field name: letters, digits and '-'";
    CHECK(problems_of_field({Action::set, "", "x"}) == Texts{"request_headers[0].name: is empty"});
    for (std::string_view name : {"X Y", "X:", ":path", "X\r\nY", "X\xc3\xa9", "X(", " X"}) {
        CAPTURE(name);
        CHECK(problems_of_field({Action::set, std::string(name), "x"}) == Texts{bad_name});
    }
    const std::string bad_value =
        "request_headers[0].value: has a control character or line end, which could begin a field of its own";
    for (const std::string& value : {std::string("a\r\nX: y"), std::string("a\n"), std::string("\r"),
                                     std::string("\0", 1), std::string("a\x7f"), std::string("a\x1b[2J")}) {
        CAPTURE(value);
        CHECK(problems_of_field({Action::add, "X", value}) == Texts{bad_value});
    }
    CHECK(problems_of_field({Action::set, "X", " a"}) ==
          Texts{"request_headers[0].value: begins or ends with whitespace, which is not a part of a field's value"});
    CHECK(problems_of_field({Action::set, "X", "a\tb"}).empty());
    CHECK(problems_of_field({Action::set, "X", "gr\xc3\xbc\xc3\x9f"}).empty());
    CHECK(problems_of_field({Action::remove, "X", "a"}) ==
          Texts{"request_headers[0].value: must be empty: a removed field has no value"});
    CHECK(problems_of_field({Action::set, std::string(limits::http_header_rule_name_max, 'a'), "x"}).empty());
    CHECK(problems_of_field({Action::set, std::string(limits::http_header_rule_name_max + 1, 'a'), "x"}) ==
          Texts{"request_headers[0].name: is longer than 256 bytes"});
    CHECK(problems_of_field({Action::set, "X", std::string(limits::http_header_rule_value_max, 'a')}).empty());
    CHECK(problems_of_field({Action::set, "X", std::string(limits::http_header_rule_value_max + 1, 'a')}) ==
          Texts{"request_headers[0].value: is longer than 4096 bytes"});
}

TEST_CASE("rules: as many fields as fit, and none twice") {
    Rules rules;
    for (std::size_t i = 0; i < limits::http_header_rules_max; ++i) {
        rules.response_headers.push_back({Action::set, "X-" + std::to_string(i), "y"});
    }
    CHECK(problems_of(rules).empty());
    Edits edits;
    CHECK(put_header_rules(rules.response_headers, edits));
    CHECK(edits.all().size() == limits::http_header_rules_max);
    rules.response_headers.push_back({Action::remove, "Y", ""});
    CHECK(problems_of(rules) == Texts{"response_headers: has 33 rules; at most 32"});

    rules.response_headers = {{Action::set, "X-A", "1"}, {Action::add, "X-A", "2"}, {Action::set, "x_a", "3"}};
    CHECK(problems_of(rules) == Texts{"response_headers[2].name: is set twice"});
    rules.response_headers = {{Action::set, "Strict-Transport-Security", "max-age=1"}};
    CHECK(problems_of(rules).empty());
    rules.hsts = Hsts{};
    CHECK(problems_of(rules) == Texts{"response_headers[0].name: is what `hsts` sets already"});
}

TEST_CASE("rules: header rules become edits, in their order") {
    const std::vector<HeaderRule> rules = {
        {Action::add, "X-A", "1"}, {Action::set, "X-B", "2"}, {Action::remove, "X-C", ""}};
    Edits edits;
    REQUIRE(edits.set("X-Own", "0"));
    REQUIRE(put_header_rules(rules, edits));
    REQUIRE(edits.all().size() == 4);
    CHECK(edits.all()[1].kind == Edits::Kind::add);
    CHECK(edits.all()[2].kind == Edits::Kind::set);
    CHECK(edits.all()[2].name == "X-B");
    CHECK(edits.all()[2].value == "2");
    CHECK(edits.all()[3].kind == Edits::Kind::remove);
    for (std::size_t room = limits::http_edits_max - 4; room > 0; --room) {
        REQUIRE(edits.add("X", "y"));
    }
    CHECK_FALSE(put_header_rules(rules, edits));
}

TEST_CASE("rules: redirects") {
    CHECK(problems_of_redirect("https://new.example.com").empty());
    CHECK(problems_of_redirect("http://new.example.com:8080/x/").empty());
    CHECK(problems_of_redirect("/new").empty());
    CHECK(problems_of_redirect("/").empty());
    for (const int status : {301, 302, 307, 308}) {
        CHECK(problems_of_redirect("/new", "/api", status).empty());
    }
    for (const int status : {200, 300, 303, 304, 309, 0}) {
        CHECK(problems_of_redirect("/new", "/api", status) == Texts{"redirect.status: is not 301, 302, 307 or 308"});
    }
    CHECK(problems_of_redirect("/" + std::string(limits::http_redirect_text_max - 1, 'a')).empty());
    CHECK(problems_of_redirect("/" + std::string(limits::http_redirect_text_max, 'a')) ==
          Texts{"redirect.to: is longer than 1024 bytes"});
    CHECK(problems_of_redirect("") == Texts{"redirect.to: is empty"});
    CHECK(problems_of_redirect("new.example.com") ==
          Texts{"redirect.to: is neither a URL (https://new.example.com) nor a path (/new)"});
    CHECK(problems_of_redirect("ftp://a/") == Texts{"redirect.to: begins with neither http:// nor https://"});
    CHECK(problems_of_redirect("https://") == Texts{"redirect.to: has a host that is empty"});
    CHECK(problems_of_redirect("https://a b/") ==
          Texts{"redirect.to: has a host that has a character that is not valid in a host name"});
    CHECK(problems_of_redirect("https://a/x?y") ==
          Texts{"redirect.to: has a query or fragment ('?' or '#'); the request's own query is kept"});
    CHECK(problems_of_redirect("https://a?y") ==
          Texts{"redirect.to: has a query or fragment ('?' or '#'); the request's own query is kept"});
    CHECK(problems_of_redirect("https://a/x\r\nSet-Cookie: y").size() == 1);
    CHECK(problems_of_redirect("//evil.example/") ==
          Texts{"redirect.to: has '.', '..', '//', an encoded slash or ';', which programs interpret differently"});
    const Texts itself = {"redirect.to: redirects to its own path"};
    CHECK(problems_of_redirect("/api") == itself);
    CHECK(problems_of_redirect("/api/v2") == itself);
    CHECK(problems_of_redirect("/new", "/") == itself);
    CHECK(problems_of_redirect("/apix").empty());
    Rules rules;
    rules.redirect = Redirect{302, "/x"};
    CHECK(check_rules(rules, *parse_path_equals("/x")).size() == 1);
    CHECK(check_rules(rules, *parse_path_equals("/")).empty());
    rules.prefix = PrefixRewrite{""};
    CHECK(problems_of(rules) == Texts{"redirect: responds without the backend, so there is nothing to rewrite"});
}

TEST_CASE("rules: https and HSTS") {
    using namespace std::chrono_literals;
    Rules rules;
    rules.https_redirect = HttpsRedirect{303, 0};
    CHECK(problems_of(rules) == Texts{"https_redirect.status: is not 301, 302, 307 or 308"});
    rules.https_redirect = HttpsRedirect{0, 0};
    CHECK(problems_of(rules).empty());
    rules = {};
    rules.hsts = Hsts{limits::http_hsts_max_age_max, false, false};
    CHECK(problems_of(rules).empty());
    rules.hsts = Hsts{limits::http_hsts_max_age_max + 1s, false, false};
    CHECK(problems_of(rules) == Texts{"hsts.max_age: is not from 0 to 315360000 seconds"});
    rules.hsts = Hsts{-1s, false, false};
    CHECK(problems_of(rules) == Texts{"hsts.max_age: is not from 0 to 315360000 seconds"});
    const Texts preload = {
        "hsts.preload: needs include_subdomains and a max_age of at least 31536000 seconds (a year); preload lists "
        "reject the host otherwise"};
    rules.hsts = Hsts{limits::http_hsts_preload_age_min, true, true};
    CHECK(problems_of(rules).empty());
    rules.hsts = Hsts{limits::http_hsts_preload_age_min - 1s, true, true};
    CHECK(problems_of(rules) == preload);
    rules.hsts = Hsts{limits::http_hsts_preload_age_min, false, true};
    CHECK(problems_of(rules) == preload);
}
