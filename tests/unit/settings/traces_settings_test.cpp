#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/file.hpp"
#include "settings/traces.hpp"
#include "trace/limits.hpp"

namespace ferrotunnel {
namespace {

detail::ConfigFile file_with(const std::string& traces) {
    return detail::read_config(
        {"server:\n  traces:\n" + traces, "f.yml", false, [](const std::string& name) -> std::optional<std::string> {
             return name == "AUTH" ? std::optional<std::string>("Basic SECRET") : std::nullopt;
         }});
}

Server build_with(Traces traces) {
    return Server::builder().bind("127.0.0.1:0").token(Secret::generate()).traces(std::move(traces)).build();
}

}  // namespace

TEST_CASE("traces are read from a file", "[traces-settings]") {
    const detail::ConfigFile file = file_with(
        "    {endpoint: 'https://c.example:1/x', sample: 2.5e-1, service_name: edge, ca: /ca.pem,\n"
        "     headers: {Authorization: 'env:AUTH', X-Plain: text}}\n");
    CHECK(file.problems.empty());
    const Traces& traces = file.values.server->settings.traces;
    CHECK(traces == Traces{"https://c.example:1/x",
                           0.25,
                           "edge",
                           {{"Authorization", "Basic SECRET"}, {"X-Plain", "text"}},
                           "/ca.pem"});
    REQUIRE(file.warnings.size() == 1);  // of the one that stands there
    CHECK(file.warnings[0].text.find("text") == std::string::npos);
    CHECK(file_with("    {}\n").values.server->settings.traces == Traces{});
}

TEST_CASE("what traces cannot be is told at its place, without secrets", "[traces-settings]") {
    for (const char* sample : {"1.1", "-1", "1e9", ".5", "nan", "some", "''"}) {
        INFO(sample);
        CHECK(file_with(std::string("    {sample: ") + sample + "}\n").problems.size() == 1);
    }
    CHECK(file_with("    {headers: {Authorization: 'env:NONE'}}\n").problems.size() == 1);
    CHECK(file_with("    {headers: [a]}\n").problems.size() == 1);
    CHECK_THROWS_WITH(build_with({"ftp://a"}), Catch::Contains("traces.endpoint"));
    CHECK_THROWS_WITH(build_with({"http://me:SECRET@a"}), !Catch::Contains("SECRET"));
    CHECK_THROWS_WITH(build_with({"", 1.5}), Catch::Contains("traces.sample: expected a number from 0 to 1"));
    CHECK_THROWS_WITH(build_with({"", -0.5}), Catch::Contains("traces.sample"));
    CHECK_THROWS_WITH(build_with({"", 1, ""}), Catch::Contains("traces.service_name"));
    const auto with = [](std::vector<std::pair<std::string, std::string>> headers) {
        return build_with({"", 1, "edge", std::move(headers)});
    };
    CHECK_THROWS_WITH(with({{"a b", "1"}}), Catch::Contains("is not a valid header field name"));
    CHECK_THROWS_WITH(with({{"content-length", "1"}}), Catch::Contains("sets itself"));
    CHECK_THROWS_WITH(with({{"X-A", "SECRET\r\n"}}), Catch::Contains("X-A") && !Catch::Contains("SECRET"));
    std::vector<std::pair<std::string, std::string>> many(trace::headers_max, {"X-A", "1"});
    CHECK_NOTHROW(with(many));
    many.emplace_back("X-A", "1");
    CHECK_THROWS_WITH(with(many), Catch::Contains("more than 32"));
    CHECK_NOTHROW(build_with({"http://127.0.0.1:4318", 1, std::string(trace::text_bytes_max, 'a')}));
    CHECK_THROWS_WITH(build_with({"", 1, std::string(trace::text_bytes_max + 1, 'a')}), Catch::Contains("1024"));
    const std::vector<Problem> problems = Server::builder()
                                              .bind("127.0.0.1:0")
                                              .token(Secret::generate())
                                              .traces({"https://a", 1, "edge", {}, "/none.pem"})
                                              .check();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "traces.ca");
}

TEST_CASE("a collector's URL is taken apart", "[traces-settings]") {
    const auto all = [](const std::string& url) {
        const auto endpoint = detail::parse_trace_endpoint(url);
        return endpoint ? (endpoint->https ? "s " : "p ") + net::to_text(endpoint->at) + ' ' + endpoint->authority +
                              ' ' + endpoint->path
                        : "none";
    };
    CHECK(all("http://127.0.0.1:4318/v1/traces") == "p 127.0.0.1:4318 127.0.0.1:4318 /v1/traces");
    CHECK(all("HTTPS://c.example") == "s c.example:443 c.example /v1/traces");
    CHECK(all("http://c.example/") == "p c.example:80 c.example /v1/traces");
    CHECK(all("https://[::1]:7/a?b=c") == "s [::1]:7 [::1]:7 /a?b=c");
    for (const char* wrong :
         {"", "c.example", "http://", "http:///a", "ftp://c", "http://c:0/", "http://c:x/", "http://a b/",
          "http://c/#a", "http://c?a", "http://me@c/", "http://c/\r\nX: y", "http://\xc3\xa4/"}) {
        INFO(wrong);
        CHECK(all(wrong) == "none");
    }
}

}  // namespace ferrotunnel
