#include "http/page.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "base/limits.hpp"
#include "http/refusal.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

const std::vector<PageFormat> formats = {PageFormat::html, PageFormat::json, PageFormat::text};

PageRequest request_for(PageState state, PageFormat format) {
    PageRequest request;
    request.state = state;
    request.format = format;
    request.request_id = "7f3a";
    request.host = "app.example.com";
    return request;
}

PageTemplate page_template(std::string text, PageFormat format = PageFormat::html) {
    return *PageTemplate::parse(std::move(text), format);
}

std::string page_problem(std::string text) {
    const auto page = PageTemplate::parse(std::move(text), PageFormat::html);
    return page ? "none" : page.error().text;
}

}  // namespace

TEST_CASE("pages: every state has a status, a code of its own and a page in each format") {
    std::set<std::string_view> codes;
    for (std::size_t i = 0; i < page_states; ++i) {
        const auto state = static_cast<PageState>(i);
        const PageStateInfo& info = info_of(state);
        CAPTURE(info.code);
        CHECK(info.state == state);
        CHECK(info.status >= 400);
        CHECK(info.status < 600);
        CHECK(info.reason == reason_of(info.status));
        CHECK(codes.insert(info.code).second);
        CHECK(page_state_of(info.code) == state);
        for (const PageFormat format : formats) {
            const Page page = make_page(request_for(state, format));
            CHECK(page.status == info.status);
            CHECK(page.code == info.code);
            CHECK(page.retry_after == info.retry_after);
            CHECK(page.built_in);
            CHECK(page.content_type == content_type_of(format));
            CHECK(page.body.find("{{") == std::string::npos);
            CHECK(page.body.find(std::to_string(info.status)) != std::string::npos);
            CHECK(page.body.find("7f3a") != std::string::npos);
            CHECK(page.body.find("app.example.com") != std::string::npos);
            CHECK(page.body.size() < 2'000);
        }
    }
    CHECK_FALSE(page_state_of(std::string_view("unknown")));
    CHECK_FALSE(page_state_of(std::string_view()));
}

TEST_CASE("pages: the states of the documents") {
    const auto status = [](PageState state) { return info_of(state).status; };
    CHECK(status(PageState::unknown_host) == 404);
    CHECK(status(PageState::no_client) == 503);
    CHECK(status(PageState::backend_refused) == 502);
    CHECK(status(PageState::backend_slow) == 504);
    CHECK(status(PageState::over_limit) == 429);
    CHECK(status(PageState::misdirected) == 421);
    CHECK(info_of(PageState::no_client).retry_after > 0);
    CHECK(info_of(PageState::over_limit).retry_after > 0);
    CHECK(info_of(PageState::busy).retry_after > 0);
    CHECK(info_of(PageState::unknown_host).retry_after == 0);
}

TEST_CASE("pages: every status that a parser refuses with has a state") {
    for (int fault = 1; fault <= static_cast<int>(Fault::truncated); ++fault) {
        const Refusal refusal = refusal_of(static_cast<Fault>(fault));
        CAPTURE(refusal.code);
        CHECK(info_of(page_state_of(refusal.status)).status == refusal.status);
    }
    CHECK(page_state_of(std::uint16_t{400}) == PageState::bad_request);
    CHECK(page_state_of(std::uint16_t{502}) == PageState::backend_broken);
    CHECK(page_state_of(std::uint16_t{503}) == PageState::busy);
    CHECK(page_state_of(std::uint16_t{418}) == PageState::bad_request);
}

TEST_CASE("pages: Accept chooses the format") {
    using enum PageFormat;
    struct Row {
        std::string_view accept;
        PageFormat format;
    };
    const Row rows[] = {
        {"", text},
        {"*/*", text},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", html},
        {"application/json", json},
        {"application/json, text/plain, */*", json},
        {"application/problem+json", json},
        {"application/*", json},
        {"text/plain", text},
        {"text/*", html},
        {"TEXT/HTML", html},
        {"image/png", text},
        {"image/png, text/html;q=0.1", html},
        {"text/html;q=0.5, application/json;q=0.9", json},
        {"text/html;q=0.5, application/json;q=0.5", html},
        {"text/html;q=0.5, */*", text},
        {"text/html;q=0", text},
        {"text/html;q=0, application/json;q=0, text/plain;q=0", text},
        {"text/plain;q=0, */*", html},
        {"text/plain;q=0, text/html;q=0, */*", json},
        {"*/*, application/json;q=0.1", text},
        {"text/html;level=1;q=0.3, text/plain;q=0.2", html},
        {"text/html;x=\"a,b;q=1\";q=0.1, application/json;q=0.2", json},
        {"text/html;q=0.1;q=1, application/json;q=0.2", json},
        {"text/html;Q=0.001, text/plain;q=0.000", html},
        {"text/html;q=1.001, application/json;q=0.1", json},
        {"text/html;q=2, application/json;q=0.1", json},
        {"text/html;q=x, application/json;q=0.1", json},
        {"text/html;q=, application/json;q=0.1", json},
        {"text/html;q=0.1234, application/json;q=0.1", json},
        {" ,, text/html ; q=0.7 ,", html},
        {"text/html;q=0.1, text/html;q=0.9, application/json;q=0.5", html},
        {"\"", text},
        {";q=1,;,/", text},
    };
    for (const Row& row : rows) {
        CAPTURE(row.accept);
        CHECK(content_type_of(choose_format(row.accept)) == content_type_of(row.format));
    }
}

TEST_CASE("pages: nothing of a request gets into a page unescaped") {
    PageRequest request = request_for(PageState::unknown_host, PageFormat::html);
    request.host = "<script>alert('x')</script>&\"";
    request.request_id = "\r\n\x1b[2J\xc3\xa9\\\"</title>";
    const std::string html = make_page(request).body;
    CHECK(html.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;") != std::string::npos);
    CHECK(html.find("??") != std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find('\x1b') == std::string::npos);
    CHECK(html.find('\r') == std::string::npos);
    request.format = PageFormat::json;
    CHECK(make_page(request).body.ends_with(
        R"("host":"<script>alert('x')</script>&\"","request_id":"???[2J??\\\"</title>"})"
        "\n"));
    request.format = PageFormat::text;
    CHECK(make_page(request).body ==
          "404 Not Found: There is no service under this name.\n"
          "unknown_host, <script>alert('x')</script>&\", request ???[2J??\\\"</title>\n");
}

TEST_CASE("pages: what is missing is a dash; a more exact code and another time go before the state's own") {
    PageRequest request;
    request.state = PageState::no_client;
    CHECK(make_page(request).body ==
          "503 Service Unavailable: The service is offline. Please try again later.\nno_client, -, request -\n");
    request.code = "drained";
    request.retry_after = 17;
    const Page page = make_page(request);
    CHECK(page.code == "drained");
    CHECK(page.retry_after == 17);
    request.retry_after = 0;
    CHECK(make_page(request).retry_after == 0);
}

TEST_CASE("pages: an operator's own, for a state or for all, of a host or of all") {
    HostPages pages;
    const auto of = [&](std::string_view hosts) -> PageSet& { return pages.of(*parse_host_pattern(hosts)); };
    of("app.example.com").set(PageState::no_client, page_template("<p>{{ title }} {{retry_after}}s {{host}}</p>"));
    of("*.example.com").set_default(page_template("one label"));
    of("**.example.com").set(PageState::loop, page_template("any labels"));
    of("**.com").set(PageState::loop, page_template("below com"));
    of("*").set(PageState::no_client, page_template("server's"));
    pages.of_all().set(PageState::backend_slow, page_template("slow: {{message}} {{code}} {{request_id}}"));
    pages.of_all().set_default(page_template("{\"s\":{{status}}}", PageFormat::json));

    const auto body = [&](std::string_view host, PageState state, PageFormat format = PageFormat::html) {
        PageRequest request = request_for(state, format);
        request.host = host;
        const Page page = make_page(request, pages);
        CHECK(page.status == info_of(state).status);
        return page.built_in ? "built in" : page.body;
    };
    CHECK(body("app.example.com", PageState::no_client) == "<p>Service Unavailable 5s app.example.com</p>");
    CHECK(body("app.example.com", PageState::backend_slow) == "one label");
    CHECK(body("other.example.com", PageState::loop) == "one label");
    CHECK(body("a.b.example.com", PageState::loop) == "any labels");
    CHECK(body("example.com", PageState::loop) == "below com");
    CHECK(body("a.b.example.com", PageState::no_client) == "server's");
    CHECK(body("", PageState::backend_slow) == "slow: The service did not respond in time. backend_slow 7f3a");
    CHECK(body("[::1]", PageState::no_client) == "server's");
    CHECK(body("app.example.com", PageState::no_client, PageFormat::json) == "{\"s\":503}");
    CHECK(body("x", PageState::unknown_host) == "built in");
    CHECK(body("app.example.com", PageState::no_client, PageFormat::text) == "built in");
}

TEST_CASE("pages: an operator's own has its values escaped too") {
    HostPages pages;
    pages.of_all().set_default(page_template("<a title=\"{{host}}\">"));
    PageRequest request = request_for(PageState::unknown_host, PageFormat::html);
    request.host = "\"><script>";
    CHECK(make_page(request, pages).body == "<a title=\"&quot;&gt;&lt;script&gt;\">");
}

TEST_CASE("pages: placeholders are checked") {
    CHECK(page_problem("") == "none");
    CHECK(page_problem("{{status}}{{title}}{{message}}{{code}}{{host}}{{request_id}}{{retry_after}}") == "none");
    CHECK(page_problem("a { b } {{ {{} {{1}} {{ a b }} {{}} {{status") == "none");
    CHECK(page_template("{{{status}}}", PageFormat::text).pieces().size() == 2);
    CHECK(
        page_problem("x {{statu}}") ==
        "has the placeholder {{statu}}; known ones are status, title, message, code, host, request_id and retry_after");
    CHECK(page_problem(std::string(limits::http_page_max, 'a')) == "none");
    CHECK(page_problem(std::string(limits::http_page_max + 1, 'a')) == "is larger than 256 KiB");

    HostPages pages;
    pages.of_all().set_default(page_template("{{{status}}} {{ {{code}}", PageFormat::text));
    CHECK(make_page(request_for(PageState::loop, PageFormat::text), pages).body == "{508} {{ loop");
}

TEST_CASE("pages: sets are compared by their texts") {
    PageSet a;
    PageSet b;
    CHECK(a == b);
    a.set(PageState::loop, page_template("x"));
    CHECK_FALSE(a == b);
    b.set(PageState::loop, page_template("x"));
    CHECK(a == b);
    b.set_default(page_template("y"));
    CHECK_FALSE(a == b);
    const PageSet copy = b;
    CHECK(copy == b);
}
