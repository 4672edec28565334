// Tests the plugin `compress` on a real chain: which responses it compresses, and their heads.
#include "compress/compress.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "compress/accept_encoding.hpp"
#include "compress/media_types.hpp"
#include "ferrotunnel/plugin_testing.hpp"

using namespace ferrotunnel::plugin;
using namespace ferrotunnel::plugins;

namespace {

/// "br 1000, gzip 500, identity -1".
std::string weights(const std::vector<std::string>& fields) {
    AcceptEncoding accepted;
    for (const std::string& field : fields) {
        accepted.read(field);
    }
    return "br " + std::to_string(accepted.weight(Coding::brotli)) + ", gzip " +
           std::to_string(accepted.weight(Coding::gzip)) + ", identity " + std::to_string(accepted.identity_weight());
}

const std::vector<Field> html{{"Content-Type", "text/html; charset=utf-8"}, {"Content-Length", "5000"}};

std::vector<Field> html_and(std::vector<Field> more) {
    more.insert(more.begin(), html.begin(), html.end());
    return more;
}

/// What the visitor receives: "br, Vary: Accept-Encoding", "plain".
std::string told_to_visitor(TestChain& chain, const TestRequest& request, const TestAnswer& given) {
    TestExchange exchange = chain.request(request);
    exchange.respond(given);
    const TestAnswer answer = exchange.answer();
    std::string text = answer.field("Content-Encoding").value_or("plain");
    for (const std::string name : {"ETag", "Vary"}) {
        for (const Field& field : answer.fields) {
            text += field.name == name ? ", " + name + ": " + field.value : "";
        }
    }
    return text;
}

TestRequest wants(const std::string& codings, const std::string& method = "GET") {
    return {.method = method, .fields = {{"Accept-Encoding", codings}}};
}

const std::string vary = ", Vary: Accept-Encoding";

}  // namespace

TEST_CASE("compress: Accept-Encoding is read as RFC 9110 says", "[compress]") {
    CHECK(weights({"gzip, deflate, br"}) == "br 1000, gzip 1000, identity -1");
    CHECK(weights({"gzip;q=0.5 , BR ; q=0.25,x"}) == "br 250, gzip 500, identity -1");
    CHECK(weights({"gzip", "br;q=0.001"}) == "br 1, gzip 1000, identity -1");
    CHECK(weights({"x-gzip\t;\tQ=1.000"}) == "br 0, gzip 1000, identity -1");
    CHECK(weights({"*"}) == "br 1000, gzip 1000, identity 1000");
    CHECK(weights({"*;q=0"}) == "br 0, gzip 0, identity 0");
    CHECK(weights({"gzip, *;q=0"}) == "br 0, gzip 1000, identity 0");
    CHECK(weights({"*;q=0.3, gzip;q=0"}) == "br 300, gzip 0, identity 300");
    CHECK(weights({"identity;q=0, br"}) == "br 1000, gzip 0, identity 0");
    CHECK(weights({""}) == "br 0, gzip 0, identity -1");
    CHECK(weights({",, ,"}) == "br 0, gzip 0, identity -1");
    CHECK(weights({"gzip, gzip;q=0"}) == "br 0, gzip 0, identity -1");
    for (const char* const broken :
         {"gzip;q=2", "gzip;q=1.1", "gzip;q=1.0001", "gzip;q=.5", "gzip;q=", "gzip;q", "gzip;", "gzip;q=-1",
          "gzip;level=1", "gzip;q=0.x", "gzip;q=1;q=1", "gzip q=1", "gzip;q= 1", "gzip;q=01", "gzipp", "gz"}) {
        INFO(broken);
        CHECK(weights({broken}) == "br 0, gzip 0, identity -1");
    }
}

TEST_CASE("compress: types of content", "[compress]") {
    const MediaTypes types({"text/*", "application/*+json", "Image/SVG+xml"});
    for (const char* const fits :
         {"text/html", "TEXT/Plain;charset=utf-8", " text/x ;a", "application/ld+json", "image/svg+xml"}) {
        INFO(fits);
        CHECK(types.has(fits));
    }
    for (const char* const other : {"", "text", "text/", "application/json", "application/+json", "image/svg",
                                    "image/svg+xml2", "xtext/html", "application/ld+jsonx", "image/png"}) {
        INFO(other);
        CHECK_FALSE(types.has(other));
    }
    for (const char* const good : {"text/*", "a/b", "application/*+json", "application/vnd.a-b+c"}) {
        CHECK(MediaTypes::is_pattern(good));
    }
    for (const char* const bad :
         {"", "*", "*/*", "text", "text/", "/a", "text/html;q=1", "a/*b", "a/*+", "a b/c", "a/b*", "a/*+*"}) {
        INFO(bad);
        CHECK_FALSE(MediaTypes::is_pattern(bad));
    }
}

TEST_CASE("compress: what the visitor wants most, and brotli where that is the same", "[compress]") {
    TestChain chain = TestChain::of<Compress>();
    const auto wanted = [&](const std::string& codings) {
        return told_to_visitor(chain, wants(codings), {.fields = html});
    };
    CHECK(wanted("gzip, deflate, br") == "br" + vary);
    CHECK(wanted("br;q=0.9, gzip") == "gzip" + vary);
    CHECK(wanted("gzip") == "gzip" + vary);
    CHECK(wanted("*") == "br" + vary);
    CHECK(wanted("br;q=0, *") == "gzip" + vary);
    CHECK(wanted("identity, gzip;q=0.5") == "plain" + vary);
    CHECK(wanted("identity;q=0.5, gzip;q=0.5") == "gzip" + vary);
    CHECK(wanted("deflate, zstd") == "plain" + vary);
    CHECK(wanted("*;q=0") == "plain" + vary);
    CHECK(wanted("") == "plain" + vary);
    CHECK(told_to_visitor(chain, {}, {.fields = html}) == "plain" + vary);
    TestChain gzip = TestChain::of<Compress>("{encodings: gzip}");
    CHECK(told_to_visitor(gzip, wants("br"), {.fields = html}) == "plain" + vary);
    CHECK(told_to_visitor(gzip, wants("br, gzip;q=0.1"), {.fields = html}) == "gzip" + vary);
}

TEST_CASE("compress: answers that are left alone", "[compress]") {
    TestChain chain = TestChain::of<Compress>();
    const auto sent = [&](const TestAnswer& answer) { return told_to_visitor(chain, wants("gzip"), answer); };
    CHECK(sent({.fields = html}) == "gzip" + vary);
    for (const std::uint16_t status : std::vector<std::uint16_t>{201, 203, 299}) {
        CHECK(sent({.status = status, .fields = html}) == "gzip" + vary);
    }
    for (const std::uint16_t status : std::vector<std::uint16_t>{204, 205, 301, 400, 404, 500}) {
        INFO(status);
        CHECK(sent({.status = status, .fields = {{"Content-Type", "text/html"}}}) == "plain");
    }
    CHECK(sent({.status = 206, .fields = html_and({{"Content-Range", "bytes 0-4999/9000"}})}) == "plain" + vary);
    CHECK(sent({.fields = html_and({{"Content-Range", "bytes 0-4999/9000"}})}) == "plain");
    CHECK(sent({.fields = html_and({{"Content-Encoding", "br"}})}) == "br");
    CHECK(sent({.fields = html_and({{"Content-Encoding", "identity"}})}) == "identity");
    CHECK(sent({.fields = html_and({{"Cache-Control", "max-age=1, No-Transform"}})}) == "plain");
    CHECK(sent({.fields = html_and({{"Cache-Control", "public"}, {"Cache-Control", "no-transform"}})}) == "plain");
    CHECK(sent({.fields = {{"Content-Type", "text/event-stream"}}}) == "plain");
    CHECK(sent({.fields = {{"Content-Type", "Text/Event-Stream; charset=utf-8"}}}) == "plain");
    CHECK(sent({.fields = {{"Content-Type", "image/png"}, {"Content-Length", "5000"}}}) == "plain");
    CHECK(sent({.fields = {{"Content-Length", "5000"}}}) == "plain");
    CHECK(sent({.fields = html, .origin = Origin::edge}) == "plain");
    CHECK(told_to_visitor(chain, {.fields = {{"Accept-Encoding", "gzip"}, {"Cache-Control", "no-transform"}}},
                          {.fields = html}) == "plain");
    CHECK(sent({.fields = html_and({{"Vary", "Origin"}})}) == "gzip, Vary: Origin" + vary);
    CHECK(sent({.fields = html_and({{"Vary", "Origin, accept-encoding"}})}) == "gzip, Vary: Origin, accept-encoding");
    CHECK(sent({.fields = html_and({{"Vary", "*"}})}) == "gzip, Vary: *");
}

TEST_CASE("compress: small answers are left alone, unless the visitor takes nothing else", "[compress]") {
    TestChain chain = TestChain::of<Compress>();
    const auto sent = [&](const std::string& length, const std::string& codings = "gzip") {
        return told_to_visitor(chain, wants(codings),
                               {.fields = {{"Content-Type", "text/html"}, {"Content-Length", length}}});
    };
    CHECK(sent("1024") == "gzip" + vary);
    CHECK(sent("1023") == "plain");
    CHECK(sent("1") == "plain");
    CHECK(sent("1", "gzip, identity;q=0") == "gzip" + vary);
    CHECK(sent("0", "gzip, identity;q=0") == "plain");
    CHECK(told_to_visitor(chain, wants("gzip"), {.fields = {{"Content-Type", "text/html"}}}) == "gzip" + vary);
    TestChain all = TestChain::of<Compress>("{min_size: 1}");
    CHECK(told_to_visitor(all, wants("br"), {.fields = {{"Content-Type", "a/b"}, {"Content-Length", "1"}}}) == "plain");
    CHECK(told_to_visitor(all, wants("br"), {.fields = {{"Content-Type", "a/b"}, {"Content-Type", "text/a"}}}) ==
          "plain");
    CHECK(told_to_visitor(all, wants("br"), {.fields = {{"Content-Type", "text/a"}, {"Content-Length", "1"}}}) ==
          "br" + vary);
}

TEST_CASE("compress: tags become weak, and are known again", "[compress]") {
    TestChain chain = TestChain::of<Compress>();
    CHECK(told_to_visitor(chain, wants("gzip"), {.fields = html_and({{"ETag", "\"a\""}})}) ==
          "gzip, ETag: W/\"a\"" + vary);
    CHECK(told_to_visitor(chain, wants("gzip"), {.fields = html_and({{"ETag", "W/\"a\""}})}) ==
          "gzip, ETag: W/\"a\"" + vary);
    CHECK(told_to_visitor(chain, wants("zstd"), {.fields = html_and({{"ETag", "\"a\""}})}) ==
          "plain, ETag: \"a\"" + vary);
    CHECK(told_to_visitor(chain, wants("gzip", "HEAD"), {.fields = html_and({{"ETag", "\"a\""}})}) ==
          "gzip, ETag: W/\"a\"" + vary);
    const auto not_modified = [&](const std::string& asked, const std::string& tag) {
        return told_to_visitor(chain, {.fields = {{"Accept-Encoding", "gzip"}, {"If-None-Match", asked}}},
                               {.status = 304, .fields = {{"ETag", tag}}});
    };
    CHECK(not_modified("\"b\", W/\"a\"", "\"a\"") == "plain, ETag: W/\"a\"" + vary);
    CHECK(not_modified("\"a\"", "\"a\"") == "plain, ETag: \"a\"");
    CHECK(not_modified("W/\"b\"", "\"a\"") == "plain, ETag: \"a\"");
    CHECK(not_modified("W/\"a\"", "W/\"a\"") == "plain, ETag: W/\"a\"");
}

TEST_CASE("compress: settings that cannot be used", "[compress]") {
    const auto wrong = [](const std::string& settings) { return TestChain::problems<Compress>(settings); };
    CHECK(wrong("").empty());
    CHECK(wrong("{encodings: [gzip, br], gzip_level: 9, brotli_level: 6, min_size: 1, types: [a/b], memory: 4MiB}")
              .empty());
    for (const char* const settings : {"{encodings: []}", "{encodings: zstd}", "{gzip_level: 0}", "{gzip_level: 10}",
                                       "{brotli_level: 0}", "{brotli_level: 7}", "{min_size: 0}", "{types: []}",
                                       "{types: ['*/*']}", "{types: [text]}", "{memory: 1MiB}"}) {
        INFO(settings);
        CHECK_FALSE(wrong(settings).empty());
    }
}
