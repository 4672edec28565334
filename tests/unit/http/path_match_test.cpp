#include "http/path_match.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "http/canonical_path.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

// The readings of the path's canonical form.
std::vector<std::string> readings_of(std::string_view path) {
    const std::string canonical = canonical_path(path);
    PathReadings readings;
    REQUIRE(readings.assign(canonical) == PathFault::none);
    std::vector<std::string> all;
    for (std::size_t i = 0; i < readings.count(); ++i) {
        PathBuffer buffer;
        all.emplace_back(readings.reading(i, buffer));
    }
    return all;
}

PathFault path_fault(std::string_view path) {
    PathReadings readings;
    return readings.assign(path);
}

std::string prefix(std::string_view text) {
    const auto rule = parse_path_prefix(text);
    return rule ? rule->text() : rule.error().text;
}

std::string equals(std::string_view text) {
    const auto rule = parse_path_equals(text);
    return rule ? rule->text() : rule.error().text;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("paths: what is usual has one reading and is not copied") {
    for (std::string_view path : {"/", "/a", "/a/", "/a/b.c", "/.well-known/x", "/a/...", "/a/..b", "/a/b..", "/*",
                                  "/a:b@c!$&'()*+,=~_-", "/\"<>^`{|}"}) {
        PathReadings readings;
        PathBuffer buffer;
        CAPTURE(path);
        REQUIRE(readings.assign(path) == PathFault::none);
        CHECK(readings.count() == 1);
        CHECK(readings.reading(0, buffer).data() == path.data());
        CHECK(readings.reading(0, buffer) == path);
    }
}

TEST_CASE("paths: encoded bytes are compared as what they stand for") {
    CHECK(readings_of("/%61pi/%7Euser") == Texts{"/api/~user"});
    CHECK(readings_of("/a%2Bb%3db") == Texts{"/a+b=b"});
    CHECK(readings_of("/caf%C3%A9") == Texts{"/caf\xc3\xa9"});
    CHECK(readings_of("/a%20b%3F%23") == Texts{"/a b?#"});
    CHECK(readings_of("/a%25b") == Texts{"/a%25b"});
    CHECK(readings_of("/a%252fb") == Texts{"/a%252fb"});  // decoded once: "%2f" is data behind an encoded percent
    CHECK(readings_of("/a%2e%62") == Texts{"/a.b"});
    CHECK(readings_of("/%E9%F4%80") == Texts{"/\xe9\xf4\x80"});  // Latin-1, say
}

TEST_CASE("paths: what programs read differently has a reading for each way") {
    CHECK(readings_of("//a") == Texts{"//a", "/a"});
    CHECK(readings_of("/a///b//") == Texts{"/a///b//", "/a/b/"});

    CHECK(readings_of("/a%2fb") == Texts{"/a%2Fb", "/a/b"});
    CHECK(readings_of("/a%5cb") == Texts{"/a%5Cb", "/a/b"});
    CHECK(readings_of("/a%2F/b") == Texts{"/a%2F/b", "/a%2F/b", "/a//b", "/a/b"});

    CHECK(readings_of("/a;v=1/b") == Texts{"/a;v=1/b", "/a/b"});
    CHECK(readings_of("/a%3bv=1/b;") == Texts{"/a;v=1/b;", "/a/b"});
    CHECK(readings_of("/;x/b") == Texts{"/;x/b", "/;x/b", "//b", "/b"});
}

TEST_CASE("paths: what nobody means well, or whose order would matter, is refused") {
    using enum PathFault;
    struct Row {
        std::string_view path;
        PathFault fault;
    };
    const Row rows[] = {
        {"", not_absolute},
        {"*", not_absolute},
        {"a", not_absolute},
        {"http://a/", not_absolute},
        {"/a b", bad_byte},
        {"/a\tb", bad_byte},
        {"/a\\b", bad_byte},
        {"/a?b", bad_byte},
        {"/a#b", bad_byte},
        {"/a\x7f", bad_byte},
        {"/caf\xc3\xa9", bad_byte},
        {std::string_view("/a\0b", 4), bad_byte},
        {"/%", bad_escape},
        {"/%6", bad_escape},
        {"/%zz", bad_escape},
        {"/%6g", bad_escape},
        {"/%u0061", bad_escape},
        {"/%%61", bad_escape},
        {"/%00", encoded_control},
        {"/a%0d%0aSet-Cookie:x", encoded_control},
        {"/%1F", encoded_control},
        {"/%7f", encoded_control},
        {"/..%c0%af..", overlong_encoding},
        {"/%C1%9C", overlong_encoding},
        {"/%e0%80%af", overlong_encoding},
        {"/%E0%9F%BF", overlong_encoding},
        {"/%f0%80%80%af", overlong_encoding},
        {"/%C0", overlong_encoding},
        {"/%c1x", overlong_encoding},
        {"/%F5%80%80%80", overlong_encoding},
        {"/x%f8", overlong_encoding},
        {"/%FF%FE", overlong_encoding},
        {"/%2e%2e/x", encoded_dots},
        {"/a/.%2E/x", encoded_dots},
        {"/a/%2e", encoded_dots},
        {"/a/%2e%2e;x/b", encoded_dots},
        {"/a/..%2fb", mixed},
        {"/a/..%5cb", mixed},
        {"/a/..;/b", mixed},
        {"/a//../b", mixed},
        {"/./a%2Fb", mixed},
        {"/a%2fb/c;d", mixed},
        {"/..", above_root},
        {"/../a", above_root},
        {"/a/../../b", above_root},
        {"/./..", above_root},
        {"/a/./b", not_canonical},
        {"/a/../b", not_canonical},
        {"/a/.", not_canonical},
        {"/%61", not_canonical},
        {"/a%2Eb", not_canonical},
        {"//%7E", not_canonical},
        {"/a;%5f", not_canonical},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CHECK(describe(path_fault(row.path)) == describe(row.fault));
    }
    CHECK(path_fault("/%C3%80%E0%A0%80%F0%90%80%80") == none);
}

TEST_CASE("paths: the length is reached and passed by one") {
    std::string path = "/" + std::string(limits::http_target_max - 1, 'a');
    CHECK(readings_of(path) == Texts{path});
    CHECK(path_fault(path + 'a') == PathFault::too_long);
    path.replace(path.size() - 2, 2, "//");
    CHECK(readings_of(path)[0] == path);
}

TEST_CASE("paths: readings of random paths are those that plain functions find") {
    // One step of a backend at a time, on whole texts.
    const auto replace_all = [](std::string text, std::string_view from, std::string_view to) {
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
            text.replace(at, from.size(), to);
        }
        return text;
    };
    const auto merged = [](std::string text) {
        for (std::size_t at = 0; (at = text.find("//")) != std::string::npos;) {
            text.erase(at, 1);
        }
        return text;
    };
    const auto stripped = [](std::string text) {
        for (std::size_t at = 0; (at = text.find(';')) != std::string::npos;) {
            text.erase(at, std::min(text.find('/', at), text.size()) - at);
        }
        return text;
    };
    test::SeededRandom random(7);
    std::size_t accepted = 0;
    for (int round = 0; round < 100'000; ++round) {
        static constexpr std::string_view parts[] = {"/", "/", "a", "b", ".", ";", "%2F", "%2B", "%25"};
        std::string path = "/";
        for (std::uint64_t pieces = random.between(0, 9); pieces > 0; --pieces) {
            path += parts[random.below(std::size(parts))];
        }
        PathReadings readings;
        if (readings.assign(path) != PathFault::none) {
            continue;
        }
        ++accepted;
        PathBuffer buffer;
        const std::string literal = replace_all(path, "%2B", "+");
        Texts expected = {literal};
        for (const bool strip : {false, true}) {
            for (const bool slash : {false, true}) {
                for (const bool merge : {false, true}) {
                    std::string text = slash ? replace_all(literal, "%2F", "/") : literal;
                    text = strip ? stripped(text) : text;
                    expected.push_back(merge ? merged(text) : text);
                }
            }
        }
        for (std::size_t i = 0; i < readings.count(); ++i) {
            const std::string found(readings.reading(i, buffer));
            CAPTURE(path, i, found);
            REQUIRE(std::find(expected.begin(), expected.end(), found) != expected.end());
        }
        for (const std::string& text : expected) {
            bool found = false;
            for (std::size_t i = 0; i < readings.count(); ++i) {
                found |= readings.reading(i, buffer) == text;
            }
            CAPTURE(path, text);
            REQUIRE(found);
        }
        CHECK(readings.reading(0, buffer) == literal);
    }
    CHECK(accepted > 20'000);
}

TEST_CASE("path rules: they are kept in the form in which paths are compared") {
    CHECK(prefix("/api") == "/api");
    CHECK(prefix("/api/") == "/api");
    CHECK(prefix("/") == "/");
    CHECK(prefix("/%61pi") == "/api");
    CHECK(prefix("/api/%2A") == "/api/*");
    CHECK(prefix("/api/x*") == "/api/x*");
    for (const char* text : {"/api/*", "/api/**", "/*"}) {  // what other proxies call a prefix
        CHECK_THAT(prefix(text), Catch::Contains("leave the star out"));
        CHECK_THAT(equals(text), Catch::Contains("leave the star out"));
    }
    CHECK(prefix("/caf\xc3\xa9 x") == "/caf%C3%A9%20x");
    CHECK(*parse_path_prefix("/caf\xc3\xa9") == *parse_path_prefix("/caf%c3%a9/"));
    CHECK(prefix("/.well-known") == "/.well-known");
    CHECK(equals("/api/") == "= /api/");
    CHECK(equals("/") == "= /");
    CHECK(*parse_path_equals("/a") != *parse_path_equals("/a/"));
    CHECK(*parse_path_equals("/a") != *parse_path_prefix("/a"));
    CHECK(segments_of("") == 0);
    CHECK(segments_of("/api/v1") == 2);
}

TEST_CASE("path rules: mistakes have words that help") {
    const std::string ends_before = "end the rule before it";
    CHECK(prefix("") == "is empty; the path for everything is '/'");
    CHECK(prefix("api") == "does not begin with '/'");
    CHECK(equals("*") == "does not begin with '/'");
    CHECK(prefix("/a?b=c") == "has a query or fragment ('?' or '#'); rules match only the path");
    CHECK(prefix("/a#b") == "has a query or fragment ('?' or '#'); rules match only the path");
    CHECK(prefix("/a/../b") == "has a dot segment ('.' or '..'); write the path that it leads to");
    CHECK(prefix("/a/%2e") == "has a dot segment ('.' or '..'); write the path that it leads to");
    CHECK(prefix("/a//b") == "has '//'; write one slash");
    CHECK(prefix("/a%2Fb") ==
          "has an encoded slash or backslash (%2F, %5C), which programs interpret differently; " + ends_before);
    CHECK(prefix("/a;b") == "has a ';', where some programs cut off a segment; " + ends_before);
    CHECK(prefix("/%zz") == "has a '%' without two hexadecimal digits after it");
    CHECK(prefix("/a%0a") == "has an encoded control character");
    CHECK(prefix("/a\\b") ==
          "has a control character, a space, '?', '#', a backslash or a byte beyond ASCII that is not percent-encoded");
    CHECK(prefix("/" + std::string(limits::http_target_max, 'a')) == "is longer than 8192 bytes");
}
