#include "http/forwarding.hpp"

#include <algorithm>
#include <set>

#include "parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;
using ferrotunnel::test::written;

namespace {

// What a peer that wants to be someone else sends.
const std::string forged =
    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 6\r\n"
    "X-Forwarded-Server: evil\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Request-Id: evil\r\n"
    "X_Forwarded_For: 6.6.6.6\r\nx-real.ip: 6.6.6.6\r\n";

std::string request_with(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: a.example:8080\r\n" + fields + "\r\n";
}

std::string forwarded(const ParsedRequest& request, const ForwardingFacts& facts) {
    const Forwarding forwarding(request.head(), facts);
    Edits edits;
    REQUIRE(forwarding.write(edits));
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    const std::string text = written(out);
    return text.substr(text.find("8080\r\n") + 6);
}

ForwardingFacts some_facts() {
    ForwardingFacts facts;
    facts.peer = "192.0.2.1";
    facts.request_id = "id-1";
    return facts;
}

const std::set<std::string_view> proxies = {"10.0.0.1", "10.0.0.2", "fd00::1"};

bool is_proxy(const void* context, std::string_view address) {
    return static_cast<const std::set<std::string_view>*>(context)->count(address) != 0;
}

ForwardingFacts trusting_facts() {
    ForwardingFacts facts = some_facts();
    facts.peer = "10.0.0.1";
    facts.trusted = true;
    facts.is_trusted = is_proxy;
    facts.context = &proxies;
    return facts;
}

std::string field_of(std::string_view text, std::string_view name) {
    const std::string line = "\r\n" + std::string(name) + ": ";
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string_view::npos);
    text.remove_prefix(at + line.size());
    return std::string(text.substr(0, text.find('\r')));
}

std::string chain_of(const std::string& fields, const ForwardingFacts& facts, std::string* client = nullptr) {
    const ParsedRequest request(request_with(fields));
    if (client != nullptr) {
        *client = Forwarding(request.head(), facts).client();
    }
    return field_of("\r\n" + forwarded(request, facts), "X-Forwarded-For");
}

// "https public.example:8443 8443": what the backend gets as X-Forwarded-Proto, -Host and -Port.
std::string origin_of(const std::string& host, const std::string& fields, const ForwardingFacts& facts) {
    const ParsedRequest request("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n");
    const Forwarding forwarding(request.head(), facts);
    Edits edits;
    REQUIRE(forwarding.write(edits));
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    const std::string text = written(out);
    return field_of(text, "X-Forwarded-Proto") + " " + field_of(text, "X-Forwarded-Host") + " " +
           field_of(text, "X-Forwarded-Port");
}

}  // namespace

TEST_CASE("forwarding: from a peer that is not trusted, everything is made again") {
    const std::string expected =
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example:8080\r\n"
        "X-Forwarded-Port: 8080\r\nX-Real-IP: 192.0.2.1\r\nX-Request-Id: id-1\r\n\r\n";
    CHECK(forwarded(ParsedRequest(request_with("")), some_facts()) == expected);
    CHECK(forwarded(ParsedRequest(request_with(forged)), some_facts()) == expected);
    ForwardingFacts facts = some_facts();
    facts.is_trusted = [](const void*, std::string_view) { return true; };  // means nothing for the peer itself
    CHECK(forwarded(ParsedRequest(request_with(forged)), facts) == expected);
}

TEST_CASE("forwarding: https, and fields of a peer that is not trusted") {
    ForwardingFacts facts = some_facts();
    facts.https = true;
    facts.request_id = {};
    CHECK(forwarded(ParsedRequest(request_with(forged)), facts) ==
          "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example:8080\r\n"
          "X-Forwarded-Port: 8080\r\nX-Real-IP: 192.0.2.1\r\n\r\n");
}

TEST_CASE("forwarding: what a trusted peer says is believed") {
    const ParsedRequest request(
        request_with("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example\r\n"
                     "X-Request-Id: kept/1\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-Server: lb\r\n"));
    const Forwarding forwarding(request.head(), trusting_facts());
    CHECK(forwarding.client() == "203.0.113.9");
    CHECK(forwarding.request_id() == "kept/1");
    CHECK(forwarding.https());
    CHECK(forwarded(request, trusting_facts()) ==
          "X-Forwarded-Server: lb\r\n"
          "X-Forwarded-For: 203.0.113.9, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example\r\n"
          "X-Forwarded-Port: 443\r\nX-Real-IP: 203.0.113.9\r\nX-Request-Id: kept/1\r\n\r\n");
}

TEST_CASE("forwarding: the other X-Forwarded fields are the trusted peer's to set") {
    const ParsedRequest request(
        request_with("X-Forwarded-Prefix: /app\r\nX-Forwarded-Ssl: on\r\nX_Forwarded_Prefix: /evil\r\n"));
    CHECK(forwarded(request, trusting_facts())
              .starts_with("X-Forwarded-Prefix: /app\r\nX-Forwarded-Ssl: on\r\nX-Forwarded-For: 10.0.0.1\r\n"));
    CHECK(forwarded(request, some_facts()).starts_with("X-Forwarded-For: 192.0.2.1\r\n"));
}

TEST_CASE("forwarding: fields by which some backends take another visitor, scheme or path need a trusted peer") {
    for (const char* name :
         {"X-Original-URL", "X-Rewrite-URL", "True-Client-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP",
          "CF-Connecting-IP", "Forwarded-For", "X-Forwarded", "X-Scheme", "X-Url-Scheme", "Front-End-Https"}) {
        INFO(name);
        const std::string line = std::string(name) + ": 6.6.6.6\r\n";
        const ParsedRequest request(request_with(line));
        CHECK(forwarded(request, some_facts()).starts_with("X-Forwarded-For: 192.0.2.1\r\n"));
        CHECK(forwarded(request, trusting_facts()).starts_with(line + "X-Forwarded-For: 10.0.0.1\r\n"));
        std::string alias = line;
        std::replace(alias.begin(), alias.begin() + static_cast<std::ptrdiff_t>(alias.find(':')), '-', '_');
        CHECK(
            forwarded(ParsedRequest(request_with(alias)), some_facts()).starts_with("X-Forwarded-For: 192.0.2.1\r\n"));
        CHECK(forwarded(ParsedRequest(request_with(alias)), trusting_facts())
                  .starts_with("X-Forwarded-For: 10.0.0.1\r\n"));
    }
}

TEST_CASE("forwarding: what proxies tell of a visitor's certificate needs a trusted peer, in each spelling") {
    for (const std::string line : {"X-SSL-Client-Verify: SUCCESS\r\n", "SSL_CLIENT_S_DN: CN=root\r\n",
                                   "x.client.cert: 1\r\n", "Client-Cert: :1:\r\n"}) {
        CAPTURE(line);
        const ParsedRequest request(request_with(line));
        CHECK(forwarded(request, some_facts()).starts_with("X-Forwarded-For: 192.0.2.1\r\n"));
        CHECK(forwarded(request, trusting_facts()).starts_with(line + "X-Forwarded-For: 10.0.0.1\r\n"));
    }
}

TEST_CASE("forwarding: a trusted peer that says nothing, or nonsense") {
    const std::string expected =
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example:8080\r\n"
        "X-Forwarded-Port: 8080\r\nX-Real-IP: 10.0.0.1\r\nX-Request-Id: id-1\r\n\r\n";
    CHECK(forwarded(ParsedRequest(request_with("")), trusting_facts()) == expected);
    CHECK(forwarded(ParsedRequest(request_with("X-Forwarded-For: unknown\r\nX-Forwarded-Proto: "
                                               "gopher\r\nX-Forwarded-Host: a/b\r\nX-Forwarded-Port: 0\r\n"
                                               "X-Request-Id: a b\r\n")),
                    trusting_facts()) == expected);
    CHECK(forwarded(ParsedRequest(request_with(
                        "X-Forwarded-For: <script>\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Proto: ://\r\n"
                        "X-Forwarded-Host: b\r\nX-Forwarded-Host: b,\r\nX-Forwarded-Port: 99999\r\nX-Request-Id:\r\n")),
                    trusting_facts()) == expected);
}

TEST_CASE("forwarding: the chain is trimmed from the right, behind the first who is not trusted") {
    std::string client;
    CHECK(chain_of("X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2\r\n", trusting_facts(), &client) ==
          "203.0.113.9, 10.0.0.2, 10.0.0.1");
    CHECK(client == "203.0.113.9");
    CHECK(chain_of("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9,10.0.0.2\r\n", trusting_facts(),
                   &client) == "203.0.113.9, 10.0.0.2, 10.0.0.1");
    CHECK(chain_of("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.2\r\n", trusting_facts(), &client) ==
          "203.0.113.9, 10.0.0.2, 10.0.0.1");
    CHECK(chain_of("X-Forwarded-For: 10.0.0.2\r\n", trusting_facts(), &client) == "10.0.0.2, 10.0.0.1");
    CHECK(client == "10.0.0.2");  // all are trusted: the first of them has asked
    CHECK(chain_of("X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.2\r\n", trusting_facts(), &client) ==
          "10.0.0.2, 10.0.0.1");
    CHECK(client == "10.0.0.2");
    CHECK(chain_of("X-Forwarded-For: ,\r\n", trusting_facts(), &client) == "10.0.0.1");
}

TEST_CASE("forwarding: without a check of the chain the rightmost is the visitor") {
    ForwardingFacts facts = trusting_facts();
    facts.is_trusted = nullptr;
    std::string client;
    CHECK(chain_of("X-Forwarded-For: 6.6.6.6, 10.0.0.2\r\n", facts, &client) == "10.0.0.2, 10.0.0.1");
    CHECK(client == "10.0.0.2");
}

TEST_CASE("forwarding: addresses as proxies write them") {
    std::string client;
    CHECK(chain_of("X-Forwarded-For: 203.0.113.9:4711\r\n", trusting_facts(), &client) == "203.0.113.9, 10.0.0.1");
    CHECK(chain_of("X-Forwarded-For: [2001:db8::9]:4711\r\n", trusting_facts(), &client) == "2001:db8::9, 10.0.0.1");
    CHECK(chain_of("X-Forwarded-For: 2001:db8::9, fd00::1\r\n", trusting_facts(), &client) ==
          "2001:db8::9, fd00::1, 10.0.0.1");
    CHECK(client == "2001:db8::9");
    CHECK(chain_of("X-Forwarded-For: visitor.example\r\n", trusting_facts(), &client) == "10.0.0.1");
    CHECK(chain_of("X-Forwarded-For: 127.1\r\n", trusting_facts(), &client) == "10.0.0.1");
}

TEST_CASE("forwarding: a chain that is too long is cut at the left") {
    std::string list;
    for (int i = 0; i < 500; ++i) {
        list += "10.0.0.2,";
    }
    const std::string chain = chain_of("X-Forwarded-For: 203.0.113.9," + list + "10.0.0.2\r\n", trusting_facts());
    CHECK(chain.size() <= limits::http_forwarded_max);
    CHECK(chain.size() > limits::http_forwarded_max - 10);
    CHECK(chain.starts_with("10.0.0.2, 10.0.0.2"));
    CHECK(chain.ends_with("10.0.0.2, 10.0.0.1"));
}

TEST_CASE("forwarding: the port is that of the host, or else the scheme's") {
    ForwardingFacts facts = some_facts();
    CHECK(origin_of("a.example", "", facts) == "http a.example 80");
    CHECK(origin_of("a.example:8080", "", facts) == "http a.example:8080 8080");
    CHECK(origin_of("[2001:db8::1]:81", "", facts) == "http [2001:db8::1]:81 81");
    CHECK(origin_of("[2001:db8::1]", "X-Forwarded-Port: 6\r\n", facts) == "http [2001:db8::1] 80");
    facts.https = true;
    CHECK(origin_of("a.example", "", facts) == "https a.example 443");
    CHECK(origin_of("a.example:80", "", facts) == "https a.example:80 80");
    CHECK(origin_of("a.example:8443", "", facts) == "https a.example:8443 8443");
}

TEST_CASE("forwarding: a trusted peer's port counts where its host has none") {
    const auto of = [](const std::string& host, const std::string& fields) {
        return origin_of(host, fields, trusting_facts());
    };
    CHECK(of("a.example", "X-Forwarded-Port: 8443\r\n") == "http a.example 8443");
    CHECK(of("a.example", "X-Forwarded-Proto: https\r\n") == "https a.example 443");
    CHECK(of("a.example", "X-Forwarded-Proto: http\r\n") == "http a.example 80");
    CHECK(of("a.example:8080", "X-Forwarded-Port: 80\r\n") == "http a.example:8080 8080");
    CHECK(of("edge.internal:8080", "X-Forwarded-Host: b.example\r\nX-Forwarded-Proto: https\r\n") ==
          "https b.example 443");
    CHECK(of("a.example", "X-Forwarded-Host: b.example:8444\r\nX-Forwarded-Port: 443\r\n") ==
          "http b.example:8444 8444");
    for (const char* port : {"0", "65536", "1x", "", "-1", "080x"}) {
        CHECK(of("a.example", "X-Forwarded-Port: " + std::string(port) + "\r\n") == "http a.example 80");
    }
    ForwardingFacts by_tls = trusting_facts();
    by_tls.https = true;
    CHECK(origin_of("a.example", "X-Forwarded-Proto: http\r\n", by_tls) == "http a.example 80");
}

TEST_CASE("forwarding: of several elements that a trusted peer sends, the visitor's counts") {
    const auto of = [](const std::string& fields) { return origin_of("a.example", fields, trusting_facts()); };
    const std::string two_hops = "X-Forwarded-For: 203.0.113.9, 10.0.0.2\r\n";
    CHECK(of(two_hops + "X-Forwarded-Proto: https, http\r\n") == "https a.example 443");
    CHECK(of(two_hops + "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n") == "https a.example 443");
    CHECK(of(two_hops + "X-Forwarded-Proto: http,https\r\n") == "http a.example 80");
    CHECK(of(two_hops + "X-Forwarded-Host: b.example, p.internal:81\r\nX-Forwarded-Port: 8443, 81\r\n") ==
          "http b.example 8443");
    // The visitor has sent elements of its own in both fields.
    CHECK(of("X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https, http\r\n") == "http a.example 80");
    CHECK(of("X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2\r\nX-Forwarded-Proto: http, https, http\r\n") ==
          "https a.example 443");
    // All hops are trusted, or what names the visitor is not an address.
    CHECK(of("X-Forwarded-For: 10.0.0.2, fd00::1\r\nX-Forwarded-Proto: https, http\r\n") == "https a.example 443");
    CHECK(of("X-Forwarded-For: unknown, 10.0.0.2\r\nX-Forwarded-Proto: https, http\r\n") == "http a.example 80");
    CHECK(of("X-Forwarded-For: unknown\r\nX-Forwarded-Proto: https\r\n") == "https a.example 443");
}

TEST_CASE("forwarding: where a trusted peer's lists differ in length, the last element counts") {
    const auto of = [](const std::string& fields) { return origin_of("a.example", fields, trusting_facts()); };
    CHECK(of("X-Forwarded-Proto: https, https\r\n") == "https a.example 443");
    CHECK(of("X-Forwarded-Proto: http, https\r\n") == "https a.example 443");
    // A visitor's https, in front of what the proxy appends.
    CHECK(of("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https, http\r\n") == "http a.example 80");
    CHECK(of("X-Forwarded-For: 203.0.113.9, 10.0.0.2\r\nX-Forwarded-Proto: https\r\n") == "https a.example 443");
    CHECK(of("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil, b.example\r\n") == "http b.example 80");
    // An element that is empty counts, as it does in the chain.
    CHECK(of("X-Forwarded-Proto: https,\r\n") == "http a.example 80");
    CHECK(of("X-Forwarded-For: 203.0.113.9, 10.0.0.2\r\nX-Forwarded-Proto: https,\r\n") == "https a.example 443");
}

TEST_CASE("forwarding: Forwarded, where it is wanted") {
    ForwardingFacts facts = trusting_facts();
    facts.forwarded = true;
    const std::string text = forwarded(
        ParsedRequest(request_with("X-Forwarded-For: 2001:db8::9, 10.0.0.2\r\nForwarded: for=6.6.6.6\r\n")), facts);
    CHECK(text.find("Forwarded: for=\"[2001:db8::9]\", for=10.0.0.2, "
                    "for=10.0.0.1;host=\"a.example:8080\";proto=http\r\n") != std::string::npos);
    CHECK(text.find("6.6.6.6") == std::string::npos);
    facts = some_facts();
    facts.peer = "2001:db8::1";
    facts.forwarded = true;
    CHECK(forwarded(ParsedRequest(request_with(forged)), facts)
              .find("Forwarded: for=\"[2001:db8::1]\";host=\"a.example:8080\";proto=http\r\n") != std::string::npos);
}

TEST_CASE("forwarding: Via, where it is wanted, and loops") {
    ForwardingFacts facts = some_facts();
    facts.via = "edge-7";
    const ParsedRequest fresh(request_with("Via: 1.0 other, 1.1 edge-77 (edge-7)\r\n"));
    CHECK_FALSE(Forwarding(fresh.head(), facts).loops());
    const std::string text = forwarded(fresh, facts);
    CHECK(text.find("Via: 1.0 other, 1.1 edge-77 (edge-7)\r\n") != std::string::npos);
    CHECK(text.find("Via: 1.1 edge-7\r\n") != std::string::npos);
    for (const char* via :
         {"1.1 edge-7", "1.0 a, 1.1 EDGE-7 (x)", "HTTP/1.1\tedge-7", "1.1 a\r\nVia: 1.1 edge-7, 1.1 b"}) {
        const ParsedRequest looping(request_with("Via: " + std::string(via) + "\r\n"));
        CHECK(Forwarding(looping.head(), facts).loops());
        CHECK_FALSE(Forwarding(looping.head(), some_facts()).loops());
    }
    const ParsedRequest old("GET / HTTP/1.0\r\nHost: a:8080\r\n\r\n");
    CHECK(forwarded(old, facts).find("Via: 1.0 edge-7\r\n") != std::string::npos);
}

TEST_CASE("forwarding: request ids that may be kept") {
    CHECK(is_request_id("0194f3a2-7b1c-7def-8000-0123456789ab"));
    CHECK(is_request_id("Root=1-67891233-abcdef012345678912345678"));
    CHECK(is_request_id(std::string(limits::http_request_id_max, 'x')));
    CHECK_FALSE(is_request_id(std::string(limits::http_request_id_max + 1, 'x')));
    CHECK_FALSE(is_request_id(""));
    CHECK_FALSE(is_request_id("a b"));
    CHECK_FALSE(is_request_id("a\"b"));
    CHECK_FALSE(is_request_id("<b>"));
}
