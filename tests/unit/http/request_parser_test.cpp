#include "http/request_parser.hpp"

#include "parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;

namespace {

constexpr std::string_view plain = "GET /path?query HTTP/1.1\r\nHost: a.example\r\nX: y\r\n\r\n";

std::string code_of(std::string_view text, const HeadLimits& limits) {
    RequestParser parser(limits);
    switch (parser.parse(text)) {
        case ParseState::more:
            return "more";
        case ParseState::complete:
            return "complete";
        case ParseState::refused:
            return std::string(parser.refusal().code);
    }
    return {};
}

}  // namespace

TEST_CASE("request_parser: the model") {
    const ParsedRequest request(
        "POST /a/b?c=d HTTP/1.1\r\nHost: A.example:8080\r\nContent-Length: 7\r\nCookie: x\r\n\r\n");
    const RequestHead& head = request.head();
    CHECK(head.method == Method::post);
    CHECK(head.method_text == "POST");
    CHECK(head.version == Version::http11);
    CHECK(head.target.form == TargetForm::origin);
    CHECK(head.target.whole == "/a/b?c=d");
    CHECK(head.target.path == "/a/b");
    CHECK(head.target.query == "?c=d");
    CHECK(head.authority.host == "A.example");
    CHECK(head.authority.port == 8080);
    CHECK(head.authority_text == "A.example:8080");
    CHECK(head.body == Body::of_length(7));
    CHECK(head.keep_alive);
    CHECK(head.fields[2].known == FieldName::cookie);
}

TEST_CASE("request_parser: forms of targets") {
    const ParsedRequest absolute("GET https://b.example:444/p?q HTTP/1.1\r\nHost: b.example:444\r\n\r\n");
    CHECK(absolute.head().target.form == TargetForm::absolute);
    CHECK(absolute.head().target.https);
    CHECK(absolute.head().target.path == "/p");
    CHECK(absolute.head().authority.port == 444);
    const ParsedRequest asterisk("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(asterisk.head().target.form == TargetForm::asterisk);
    CHECK(asterisk.head().target.path == "*");
}

TEST_CASE("request_parser: CONNECT where it is wanted") {
    const ParsedRequest connect("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", true);
    CHECK(connect.head().target.form == TargetForm::authority);
    CHECK(connect.head().authority.port == 443);
    CHECK(test::written(RequestOut::of(connect.head())) ==
          "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
    RequestParser old({}, true);  // as nc and socat send it
    REQUIRE(old.parse("CONNECT a.example:443 HTTP/1.0\r\n\r\n") == ParseState::complete);
    CHECK(old.head().authority.host == "a.example");
    const std::pair<std::string_view, Fault> refused[] = {
        {"CONNECT a.example:443 HTTP/1.1\r\n\r\n", Fault::missing_host},
        {"CONNECT a.example:443 HTTP/1.0\r\nHost: b.example\r\n\r\n", Fault::host_differs},
        {"CONNECT a.example HTTP/1.0\r\n\r\n", Fault::bad_target},
        {"CONNECT a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", Fault::bad_target},
        {"CONNECT /x HTTP/1.1\r\nHost: a.example\r\n\r\n", Fault::bad_host},
        {"CONNECT a.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n", Fault::host_differs},
        {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:80\r\n\r\n", Fault::host_differs},
        {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\n", Fault::body_not_allowed},
        {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n",
         Fault::body_not_allowed},
    };
    for (const auto& [text, fault] : refused) {
        RequestParser parser({}, true);
        INFO(text);
        CHECK(parser.parse(text) == ParseState::refused);
        CHECK(parser.refusal().fault == fault);
    }
}

TEST_CASE("request_parser: one parser reads one request after the other") {
    RequestParser parser;
    const std::string bad = "GET / HTTP/1.1\r\nBad Name: x\r\n\r\n";
    const std::string upgrade =
        "GET / HTTP/1.1\r\nHost: b\r\nUpgrade: x\r\nConnection: upgrade, close\r\nTE: trailers\r\n\r\n";
    const std::string post = "POST / HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    for (int round = 0; round < 3; ++round) {
        parser.reset();
        REQUIRE(parser.parse(post) == ParseState::complete);
        CHECK(parser.head().expects_continue);
        parser.reset();
        REQUIRE(parser.parse(upgrade) == ParseState::complete);
        CHECK(parser.head().upgrade.text() == "x");
        CHECK(parser.head().accepts_trailers);
        CHECK_FALSE(parser.head().keep_alive);
        parser.reset();
        CHECK(parser.parse(bad) == ParseState::refused);
        parser.reset();
        REQUIRE(parser.parse(plain) == ParseState::complete);
        CHECK(parser.size() == plain.size());
        CHECK(parser.head().fields.size() == 2);
        CHECK(parser.head().body == Body{});
        CHECK(parser.head().upgrade.empty());
        CHECK(parser.head().keep_alive);
        CHECK_FALSE(parser.head().expects_continue);
        CHECK_FALSE(parser.head().accepts_trailers);
        parser.reset();
        CHECK(parser.parse(std::string(plain).substr(0, 30)) == ParseState::more);
    }
}

TEST_CASE("request_parser: what was answered stays the answer") {
    RequestParser parser;
    CHECK(parser.parse("GET / HTTP/1.1\n") == ParseState::refused);
    CHECK(parser.parse("GET / HTTP/1.1\nHost: a\r\n\r\n") == ParseState::refused);
    CHECK(parser.refusal().fault == Fault::bare_line_feed);
    parser.reset();
    CHECK(parser.parse(plain) == ParseState::complete);
    const std::string longer = std::string(plain) + "more";
    CHECK(parser.parse(longer) == ParseState::complete);
    CHECK(parser.size() == plain.size());
}

TEST_CASE("request_parser: the method is known of a request that is refused") {
    RequestParser parser;
    CHECK(parser.method() == Method::other);
    CHECK(parser.parse("HEAD / HTTP/3.0\r\n\r\n") == ParseState::refused);
    CHECK(parser.method() == Method::head);
    parser.reset();
    CHECK(parser.method() == Method::other);
}

TEST_CASE("request_parser: limits that are set lower are reached and passed by one") {
    const std::string text(plain);
    HeadLimits limits;
    limits.head_bytes_max = text.size();
    CHECK(code_of(text, limits) == "complete");
    --limits.head_bytes_max;
    CHECK(code_of(text, limits) == "head_too_long");

    limits = {};
    limits.fields_max = 2;
    CHECK(code_of(text, limits) == "complete");
    limits.fields_max = 1;
    CHECK(code_of(text, limits) == "too_many_fields");

    limits = {};
    limits.target_bytes_max = std::string_view("/path?query").size();
    CHECK(code_of(text, limits) == "complete");
    --limits.target_bytes_max;
    CHECK(code_of(text, limits) == "target_too_long");

    limits = {};
    limits.line_bytes_max = text.find('\n') + 1;
    CHECK(code_of(text, limits) == "complete");
    --limits.line_bytes_max;
    CHECK(code_of(text, limits) == "line_too_long");
    limits.line_bytes_max = 10;  // the limit falls within the target
    CHECK(code_of(text, limits) == "target_too_long");
}

TEST_CASE("request_parser: more fields than there is room for cannot be allowed") {
    HeadLimits limits;
    limits.fields_max = 1'000;
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < limits::http_fields_max; ++i) {
        text += "X: y\r\n";
    }
    CHECK(code_of(text + "\r\n", limits) == "complete");
    CHECK(code_of(text + "X: y\r\n\r\n", limits) == "too_many_fields");
}

TEST_CASE(
    "request_parser: what another edge has added to as many fields as there may be is not a valid field too many") {
    HeadLimits limits;
    limits.fields_max = 3;
    const std::string full = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nX: y\r\n";
    const std::string added =
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: 80\r\n"
        "X-Real-IP: 192.0.2.1\r\nX-Request-Id: 1\r\nForwarded: for=192.0.2.1\r\nVia: 1.1 edge\r\nTraceparent: 0\r\n"
        "tracestate: a=b\r\nConnection: close\r\nX-FerroTunnel-Member: one\r\nX-Client-Cert-Subject: CN=a\r\n"
        "X-Client-Cert-SAN: DNS:a\r\nX-Client-Cert-Fingerprint: 0\r\nClient-Cert: :AA==:\r\nClient-Cert-Chain: "
        ":AA==:\r\n";
    CHECK(code_of(full + added + "\r\n", limits) == "complete");
    CHECK(code_of(full + added + "X: y\r\n\r\n", limits) == "too_many_fields");
    CHECK(code_of("GET / HTTP/1.1\r\n" + added + "Host: a\r\nX: y\r\nX: y\r\n\r\n", limits) == "complete");
    CHECK(code_of("GET / HTTP/1.1\r\n" + added + "Host: a\r\nX: y\r\nX: y\r\nX: y\r\n\r\n", limits) ==
          "too_many_fields");

    std::string vias = full;
    for (std::size_t i = 0; i < limits::http_edge_fields_max; ++i) {
        vias += "Via: 1.1 edge\r\n";
    }
    CHECK(code_of(vias + "\r\n", limits) == "complete");
    CHECK(code_of(vias + "Via: 1.1 edge\r\n\r\n", limits) == "too_many_fields");
}

TEST_CASE("request_parser: names longer than there is room for are refused, whatever the limits") {
    HeadLimits limits;
    limits.head_bytes_max = limits.line_bytes_max = 1'000'000;
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    CHECK(code_of(start + std::string(65'535, 'n') + ": v\r\n\r\n", limits) == "complete");
    CHECK(code_of(start + std::string(65'536, 'n') + ": v\r\n\r\n", limits) == "line_too_long");
}

TEST_CASE("request_parser: an offer can be asked for its protocols") {
    UpgradeOffer offer;
    CHECK(offer.empty());
    CHECK_FALSE(offer.has("websocket"));
    CHECK(offer.add("WebSocket"));
    CHECK(offer.add("foo/2"));
    CHECK(offer.text() == "WebSocket, foo/2");
    CHECK(offer.has("websocket"));
    CHECK(offer.has("FOO/2"));
    CHECK_FALSE(offer.has("foo"));
    CHECK_FALSE(offer.has("foo/1"));
    CHECK_FALSE(offer.add(std::string(limits::http_upgrade_offer_max - offer.text().size() - 1, 'x')));
    CHECK(offer.add(std::string(limits::http_upgrade_offer_max - offer.text().size() - 2, 'x')));
    CHECK(offer.text().size() == limits::http_upgrade_offer_max);
    CHECK_FALSE(offer.add("y"));
}

TEST_CASE("request_parser: methods that are not wanted are refused in any case") {
    const auto fault_of = [](const std::string& method) {
        RequestParser parser;
        const std::string text = method + " / HTTP/1.1\r\nHost: a\r\n\r\n";
        return parser.parse(text) == ParseState::complete ? Fault::none : parser.refusal().fault;
    };
    for (const char* method : {"TRACE", "trace", "Trace", "TRACK", "track", "tracK"}) {
        INFO(method);
        CHECK(fault_of(method) == Fault::trace_not_wanted);
    }
    for (const char* method : {"connect", "Connect", "CONNECt"}) {
        INFO(method);
        CHECK(fault_of(method) == Fault::connect_not_wanted);
    }
    for (const char* method : {"TRACES", "TRAC", "TRUCK", "CONNECTS", "options"}) {
        INFO(method);
        CHECK(fault_of(method) == Fault::none);
    }
}

TEST_CASE("request_parser: what would leave HTTP/1.1 or the edge's TLS is not offered on, whatever its version") {
    const auto offer_of = [](const std::string& upgrade) {
        RequestParser parser;
        const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: " + upgrade + "\r\nConnection: upgrade\r\n\r\n";
        CHECK(parser.parse(text) == ParseState::complete);
        return std::string(parser.head().upgrade.text());
    };
    for (const char* protocol :
         {"h2c", "h2c/1", "H2C", "h2", "H2/2.0", "HTTP/2.0", "http/3", "HTTP", "TLS/1.2", "tls"}) {
        INFO(protocol);
        CHECK(offer_of(protocol) == "");
        CHECK(offer_of("a, " + std::string(protocol) + ", websocket") == "a, websocket");
    }
    CHECK(offer_of("h2cx, https/1, h/2") == "h2cx, https/1, h/2");
    CHECK(offer_of("TLS/ , websocket") == "");
}
