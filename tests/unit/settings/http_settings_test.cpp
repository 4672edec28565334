// The settings of the HTTP edge: their ranges, their way from a builder or a file to the engine, and its pages.
#include "ferrotunnel/http_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "api/engine_settings.hpp"
#include "base/limits.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Texts edge_problems(const HttpServerSettings& settings) {
    std::vector<Problem> problems;
    check_http_settings(settings, problems);
    Texts texts;
    for (const Problem& problem : problems) {
        texts.push_back(to_text(problem));
    }
    return texts;
}

HttpPage page(std::string state, std::string text, std::string host = {},
              HttpPage::Format format = HttpPage::Format::html) {
    return {std::move(state), format, std::move(text), std::move(host)};
}

// Changes a value to another good one.
void change(bool& value) {
    value = !value;
}
void change(std::chrono::milliseconds& value) {
    value += 1ms;
}
void change(std::string& value) {
    value += "edge";
}
void change(std::vector<std::string>& value) {
    value.push_back("10.0.0.0/8");
}
template <typename T>
void change(T& value) {
    if constexpr (std::is_integral_v<T>) {
        value = static_cast<T>(value == 0 ? 5 : value - 1);
    } else {
        FAIL("no setting of the edge has this type");
    }
}

template <typename T>
void set_to(T& value, std::uint64_t number) {
    if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
        value = std::chrono::milliseconds(number);
    } else if constexpr (std::is_integral_v<T>) {
        value = static_cast<T>(number);
    }
}

Texts page_problems(HttpPage page) {
    HttpServerSettings settings;
    settings.pages.push_back(std::move(page));
    return edge_problems(settings);
}

std::string body_of(const http::HostPages& pages, http::PageState state, std::string_view host) {
    http::PageRequest request;
    request.state = state;
    request.format = http::PageFormat::html;
    request.host = host;
    const http::Page made = http::make_page(request, pages);
    return made.built_in ? "built in" : made.body;
}

}  // namespace

TEST_CASE("the edge's settings: what a builder has by default is what the engine has", "[http-settings]") {
    const ingress::HttpFrontRules front = http_front_rules({});
    CHECK(front.edge == exchange::EdgeSettings{});
    CHECK(http_bounds({}) == directory::HttpBounds{});
    CHECK(front.trusted_proxies.empty());
    CHECK(front.pages == http::HostPages{});
    CHECK(edge_problems({}).empty());
}

TEST_CASE("the edge's settings: every one of them reaches the engine", "[http-settings]") {
    const ingress::HttpFrontRules before = http_front_rules({});
    for (const Setting<HttpServerSettings>& each : http_settings()) {
        INFO(each.key);
        HttpServerSettings settings;
        visit_value(each, settings, [](auto& value) { change(value); });
        const ingress::HttpFrontRules front = http_front_rules(settings);
        CHECK((each.form == Form::section || front.edge != before.edge ||
               front.trusted_proxies.empty() != before.trusted_proxies.empty() ||
               http_bounds(settings) != http_bounds({})));
    }
    HttpServerSettings settings;
    settings.via = "edge";
    settings.body_max = 5;
    settings.trusted_proxies = {"10.0.0.0/8", "::1"};
    settings.pages = {page("404", "mine")};
    const ingress::HttpFrontRules front = http_front_rules(settings);
    CHECK(front.edge.via == "edge");
    CHECK(exchange::HttpServiceSettings(front.edge).body_bytes_max == 5);
    CHECK(front.edge.pages.empty());  // only their compiled forms stay in memory
    CHECK(front.trusted_proxies.contains("10.1.2.3"));
    CHECK(front.trusted_proxies.contains("::1"));
    CHECK_FALSE(front.trusted_proxies.contains("11.1.2.3"));
    CHECK(body_of(front.pages, http::PageState::unknown_host, "x") == "mine");
}

TEST_CASE("the edge's settings: each limit is kept, and passed by one", "[http-settings]") {
    const auto with = [](const Setting<HttpServerSettings>& setting, std::uint64_t number) {
        HttpServerSettings settings;
        visit_value(setting, settings, [number](auto& value) { set_to(value, number); });
        return edge_problems(settings);
    };
    std::size_t bounded = 0;
    for (const Setting<HttpServerSettings>& each : http_settings()) {
        if (each.form != Form::number && each.form != Form::size && each.form != Form::time) {
            continue;
        }
        const std::string key = std::string("http_settings.") + std::string(each.key);
        INFO(key);
        ++bounded;
        CHECK(with(each, each.min).empty());
        CHECK(with(each, each.max).empty());
        const std::string beyond = each.form == Form::time ? ": must be at most " : ": expected a ";
        REQUIRE(with(each, each.max + 1).size() == 1);
        CHECK(with(each, each.max + 1)[0].starts_with(key + beyond));
        if (each.min > 0) {
            CHECK(with(each, each.min - 1).size() == 1);
        }
        if (each.form == Form::time && each.min > 0) {
            CHECK(with(each, 0) == Texts{key + ": must be above zero"});
        }
    }
    CHECK(bounded == 28);
    HttpServerSettings targets;
    targets.target_bytes = 8 * 1024 + 1;  // more than the readings of a path have room for
    CHECK(edge_problems(targets) ==
          Texts{"http_settings.target_bytes: expected a size from 64 to 8192 bytes, found 8193"});
}

TEST_CASE("the edge's settings: what is no network, no name for Via, no page", "[http-settings]") {
    HttpServerSettings settings;
    settings.trusted_proxies = {"10.0.0.0/8", "proxy.example.com"};
    settings.via = "two words";
    CHECK(edge_problems(settings) ==
          Texts{"http_settings.via: \"two words\" is not a valid name for Via; expected up to 64 letters, digits and "
                "!#$%&'*+-.^_`|~",
                "http_settings.trusted_proxies: \"proxy.example.com\" is neither an IP address nor a network like "
                "10.0.0.0/8 or fd00::/8"});
    settings = {};
    settings.via = std::string(64, 'x');
    settings.trusted_proxies.assign(limits::http_trusted_proxies_max, "10.0.0.1");
    CHECK(edge_problems(settings).empty());
    settings.via += 'x';
    settings.trusted_proxies.push_back("10.0.0.1");
    CHECK(edge_problems(settings).size() == 2);

    CHECK(page_problems(page("404", "x", "*.example.com")).empty());
    CHECK(page_problems(page("200", "x")) ==
          Texts{"http_settings.pages: the page for \"200\" is not a valid status or state; expected a status like 404, "
                "a state like no_client, or all"});
    CHECK(page_problems(page("404", "{{statu}}")).size() == 1);
    CHECK(page_problems(page("404", std::string(limits::http_page_max, 'x'))).empty());
    CHECK(page_problems(page("404", std::string(limits::http_page_max + 1, 'x'))) ==
          Texts{"http_settings.pages: the page for \"404\" is larger than 256 KiB"});
    CHECK(page_problems(page("404", "x", "a b")).size() == 1);
    settings = {};
    settings.pages = {page("404", "x"), page("404", "y", {}, HttpPage::Format::json), page("404", "z", "a.x")};
    CHECK(edge_problems(settings).empty());
    settings.pages.push_back(page("404", "again", "a.x"));
    CHECK(edge_problems(settings) == Texts{"http_settings.pages: there are two pages for \"404\" in one format, for "
                                           "the host \"a.x\""});
    settings.pages.assign(limits::http_pages_max + 1, page("404", "x"));
    CHECK(edge_problems(settings) == Texts{"http_settings.pages: has more than 1024 pages"});
}

TEST_CASE("the edge's pages: the most exact one is taken, in whatever order they come", "[http-settings]") {
    std::vector<HttpPage> all = {page("all", "all"), page("503", "status"), page("busy", "state"),
                                 page("all", "host", "app.x")};
    std::sort(all.begin(), all.end(), [](const HttpPage& a, const HttpPage& b) { return a.text < b.text; });
    do {
        const http::HostPages pages = pages_of(all);
        CHECK(body_of(pages, http::PageState::loop, "other.x") == "all");
        CHECK(body_of(pages, http::PageState::no_client, "other.x") == "status");
        CHECK(body_of(pages, http::PageState::busy, "other.x") == "state");
        CHECK(body_of(pages, http::PageState::busy, "app.x") == "host");
    } while (std::next_permutation(all.begin(), all.end(),
                                   [](const HttpPage& a, const HttpPage& b) { return a.text < b.text; }));
}

// --- files ---

namespace {

/// A folder with pages; reads configurations as if they were files in it.
class PagesFolder {
public:
    PagesFolder() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        write("404.html", "<p>{{host}} is not here");
        write("error.json", "{\"status\":{{status}}}");
        write("bad.html", "{{stauts}}");
        write("large.html", std::string(limits::http_page_max + 1, 'x'));
    }
    ~PagesFolder() {
        for (const char* name : {"404.html", "error.json", "bad.html", "large.html"}) {
            ::unlink((path_ + '/' + name).c_str());
        }
        ::rmdir(path_.c_str());
    }

    HttpServerSettings read(const std::string& http, Texts& problems) const {
        std::vector<Problem> found;
        const Config config = Config::try_parse("server:\n  http:\n" + http, path_ + "/f.yml", found);
        problems.clear();
        for (Problem& problem : found) {
            problem.file.clear();
            problems.push_back(std::to_string(problem.line) + ' ' + problem.key + ": " + problem.text);
        }
        return config.server_section().http;
    }
    const std::string& path() const { return path_; }

private:
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ + '/' + name, std::ios::binary) << text;
    }

    std::string path_ = "/tmp/ferrotunnel-pages-XXXXXX";
};

}  // namespace

TEST_CASE("the edge's settings in a file", "[http-settings]") {
    const PagesFolder folder;
    Texts problems;
    const HttpServerSettings settings = folder.read(
        "    head_timeout: 3s\n"
        "    head_bytes: 32KiB\n"
        "    trusted_proxies: 10.0.0.0/8\n"
        "    forwarded: on\n"
        "    pages:\n"
        "      404: 404.html\n"
        "      503: {html: 404.html, json: error.json}\n"
        "      all: error.json\n"
        "    hosts:\n"
        "      app.example.com: {pages: {no_client: 404.html}}\n"
        "      \"*.example.com\": {}\n",
        problems);
    CHECK(problems.empty());
    HttpServerSettings expected;
    expected.head_timeout = 3s;
    expected.head_bytes = 32 * 1024;
    expected.trusted_proxies = {"10.0.0.0/8"};
    expected.forwarded = true;
    const std::string html = "<p>{{host}} is not here";
    const std::string json = "{\"status\":{{status}}}";
    expected.pages = {page("404", html), page("503", html), page("503", json, {}, HttpPage::Format::json),
                      page("all", json, {}, HttpPage::Format::json), page("no_client", html, "app.example.com")};
    CHECK(settings == expected);
}

TEST_CASE("the edge's settings in a file: what is wrong is told at its place", "[http-settings]") {
    const PagesFolder folder;
    Texts problems;
    const HttpServerSettings settings = folder.read(
        "    pages:\n"
        "      404: none.html\n"
        "      405: bad.html\n"
        "      408: large.html\n"
        "      413: error.xml\n"
        "      414: [404.html]\n"
        "      200: 404.html\n"
        "      no_clients: 404.html\n"
        "      503: {html: 404.html, xml: error.json}\n"
        "    hosts:\n"
        "      app.example.com:80: {pages: {404: 404.html}}\n"
        "      b.x: {page: {404: 404.html}}\n"
        "    trusted_proxies: [10.0.0.0/8, 10.1.2.3/8]\n",
        problems);
    const std::string in = "the file \"" + folder.path() + "/";
    CHECK(problems ==
          Texts{"4 server.http.pages.404: cannot read the file \"" + folder.path() +
                    "/none.html\": No such file or directory",
                "5 server.http.pages.405: " + in +
                    "bad.html\" has the placeholder {{stauts}}; known ones are status, title, message, code, "
                    "host, request_id and retry_after",
                "6 server.http.pages.408: " + in + "large.html\" is larger than 256 KiB",
                "7 server.http.pages.413: expected a file that ends in .html, .json or .txt, or {html: FILE, json: "
                "FILE, text: FILE}, found \"error.xml\"",
                "8 server.http.pages.414: expected a file that ends in .html, .json or .txt, or {html: FILE, json: "
                "FILE, text: FILE}, found a list",
                "9 server.http.pages.200: no such state; expected a status like 404, a name like no_client, or all",
                "10 server.http.pages.no_clients: no such state; did you mean no_client?",
                "11 server.http.pages.503.xml: no such key; the keys here are html, json, text",
                "13 server.http.hosts.app.example.com:80: the host \"app.example.com:80\" has a port; hosts are "
                "matched on every port, so write only the host",
                "14 server.http.hosts.b.x.page: no such key; did you mean pages?",
                "15 server.http.trusted_proxies[1]: \"10.1.2.3/8\" has bits set beyond its length; the network is "
                "10.0.0.0/8"});
    CHECK(settings.pages.size() == 1);
    CHECK(settings.trusted_proxies == Texts{"10.0.0.0/8"});
}

TEST_CASE("the edge's settings: what the application says itself is none of the file's any more", "[http-settings]") {
    std::vector<Problem> ignored;
    const Config config =
        Config::try_parse("server: {token: x, http: {head_timeout: 0, idle_timeout: 0}}", "f.yml", ignored);
    const auto problems_at = [](const Server::Builder& builder) {
        Texts texts;
        for (const Problem& problem : builder.check()) {
            if (problem.text == "must be above zero") {
                texts.push_back(to_text(problem));
            }
        }
        return texts;
    };
    Server::Builder builder = config.server();
    CHECK(problems_at(builder) == Texts{"f.yml:1:41: server.http.head_timeout: must be above zero",
                                        "f.yml:1:58: server.http.idle_timeout: must be above zero"});
    HttpServerSettings settings = config.server_section().http;
    settings.idle_timeout = 1s;
    builder.http_settings(settings);
    CHECK(problems_at(builder) == Texts{"f.yml:1:41: server.http.head_timeout: must be above zero"});
}

}  // namespace ferrotunnel::detail
