// What is masked of queries, forms and JSON, and what is left alone.
#include "inspect/masked_text.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "inspect/content_coding.hpp"
#include "inspect/kept_body.hpp"
#include "inspect/restored_text.hpp"
#include "inspect/secrets.hpp"

using namespace ferrotunnel::inspect;

namespace {

const Secrets usual;

}  // namespace

TEST_CASE("names of secrets are found whatever their case and marks", "[inspect]") {
    for (const char* name : {"Authorization",
                             "Proxy-Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "X-Api-Key",
                             "api_key",
                             "accessToken",
                             "CLIENT_SECRET",
                             "client_secret",
                             "user.password",
                             "X-Amz-Security-Token",
                             "password_confirmation",
                             "passwordConfirmation",
                             "password1",
                             "Password2Again",
                             "pass",
                             "otp",
                             "pin",
                             "cvv",
                             "cvv2",
                             "auth",
                             "key",
                             "sig",
                             "session",
                             "X-Auth-Key",
                             "apiKey",
                             "APIKey",
                             "APIkey",
                             "PINCode",
                             "PINcode",
                             "user[pin]",
                             "keys.0.key",
                             "session id",
                             "X-Hub-Signature-256",
                             "newpassword",
                             "csrftoken",
                             "token1",
                             "_csrf",
                             "base64key",
                             "x509Key"}) {
        INFO(name);
        CHECK(usual.is_secret(name));
    }
    for (const char* name :
         {"Content-Type", "max_tokens",      "Accept",    "",          "-",      "tokenizer", "monkey",  "design",
          "keyboard",     "author",          "passenger", "pinned",    "Pinned", "assign",    "compass", "spin",
          "obsession",    "Keyboard-Layout", "authority", "secretary", "keys",   "passes",    "Host",    "sessions",
          "KEYBOARD",     "MONKEY",          "42",        "\xc3\xa9"}) {
        INFO(name);
        CHECK_FALSE(usual.is_secret(name));
    }
}

TEST_CASE("words that a configuration adds are parts of names, one or several", "[inspect]") {
    const Secrets more({"IBAN", "social-security", "room101"});
    for (const char* name : {"customer_iban", "iban2", "SocialSecurity", "social_security_number", "socialsecurity",
                             "room101", "room-101", "password"}) {
        INFO(name);
        CHECK(more.is_secret(name));
    }
    for (const char* name : {"ibanez", "antisocial_security", "social_insecurity", "social", "room1o1"}) {
        INFO(name);
        CHECK_FALSE(more.is_secret(name));
    }
    CHECK_FALSE(Secrets::none().is_secret("password"));
}

TEST_CASE("queries and forms", "[inspect]") {
    CHECK(masked_form("a=1&password=hunter2&b=", usual).text == "a=1&password=***&b=");
    CHECK(masked_form("pass%77ord=hunter2", usual).text == "pass%77ord=***");
    CHECK(masked_form("password=&x", usual).text == "password=&x");
    CHECK_FALSE(masked_form("a=1&b=2", usual).has_masks);
    CHECK(masked_url("/p?token=abc&x=1#access_token=def&y=2", usual).text == "/p?token=***&x=1#access_token=***&y=2");
    CHECK(masked_url("https://a.example/?x=1", usual).text == "https://a.example/?x=1");
    CHECK(masked_url("/p#token=a?b", usual).text == "/p#token=***");
}

TEST_CASE("members of JSON", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_json(text, usual).text; };
    CHECK(masked(R"({"user":"a","password":"b\"c","n":1})") == R"({"user":"a","password":"***","n":1})");
    CHECK(masked(R"({"token" : 12.5e3, "x":2})") == R"({"token" : "***", "x":2})");
    CHECK(masked(R"({"secret":{"a":["}",{"b":"]"}]},"x":[{"pwd":null}]})") ==
          R"({"secret":"***","x":[{"pwd":"***"}]})");
    CHECK(masked(R"({"p\u0061ssword":"x"})") == R"({"p\u0061ssword":"***"})");
    // What is no name stays, though it looks like one.
    CHECK(masked(R"(["password","x"])") == R"(["password","x"])");
    CHECK(masked("password: hunter2") == "password: hunter2");
    CHECK_FALSE(masked_json("{}", usual).has_masks);
}

TEST_CASE("wherever a text is cut, nothing of a secret is left", "[inspect]") {
    const std::string json = R"({"a":[1,{"password":"hunter2\\","x":{"token":["hunter2",{"a":"hunter2"}]}}]})";
    const std::string form = "a=1&password=hunter2&token=hunter2";
    const std::string parts =
        "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b\r\n"
        "Content-Disposition: form-data; name=\"x\"; filename=\"password\"\r\n\r\nshown\r\n--b--";
    for (std::size_t size = 0; size <= json.size(); ++size) {
        CHECK(masked_json(std::string_view(json).substr(0, size), usual).text.find("hu") == std::string::npos);
    }
    for (std::size_t size = 0; size <= form.size(); ++size) {
        CHECK(masked_form(std::string_view(form).substr(0, size), usual).text.find("hu") == std::string::npos);
    }
    for (std::size_t size = 0; size <= parts.size(); ++size) {
        CHECK(masked_multipart(std::string_view(parts).substr(0, size), "b", usual).text.find("hu") ==
              std::string::npos);
    }
    const Masked whole = masked_multipart(parts, "b", usual);
    CHECK(whole.text.find("shown\r\n--b--") != std::string::npos);
    CHECK(whole.text.find("***\r\n--b\r\n") != std::string::npos);
}

TEST_CASE("masks in an edited text become what they stand for", "[inspect]") {
    const auto form = [](std::string_view edited, std::string_view original) {
        return restored_body(edited, original, "application/x-www-form-urlencoded", usual);
    };
    CHECK(form("b=2&pin=***", "pin=1234&b=1") == "b=2&pin=1234");
    CHECK(form("b=***&pin=9", "pin=1234&b=1") == "b=***&pin=9");
    // Of several with one name by their places, or whichever if they are all the same.
    CHECK(form("key=***&key=%2A%2A%2A", "key=a&key=b") == "key=a&key=b");
    CHECK(form("key=***&key=c", "key=a&key=b") == "key=a&key=c");
    CHECK_FALSE(form("key=***", "key=a&key=b"));
    CHECK(form("key=***&key=***", "key=a") == "key=a&key=a");
    CHECK_FALSE(form("key=***", "pin=a"));
    CHECK_FALSE(form("key=x***", "key=a"));
    CHECK(form("key=***", "key=***") == "key=***");  // that was its value

    const auto json = [](std::string_view edited, std::string_view original) {
        return restored_body(edited, original, "application/json", usual);
    };
    CHECK(json(R"({"n":2,"session":"***"})", R"({"session":{"a":["x"]},"n":1})") == R"({"n":2,"session":{"a":["x"]}})");
    CHECK(json("", "") == "");
    CHECK_FALSE(json(R"({"pin":["***"]})", R"({"pin":["x"]})"));

    // What is put back must not make the rest read otherwise.
    CHECK_FALSE(json(R"({"key":"***","token":"***"})", R"({"token":"s3cret","key":"open)"));

    const std::string parts = "--b\r\nContent-Disposition: form-data; name=\"otp\"\r\n\r\n123\r\n--b--\r\n";
    const std::string type = "multipart/form-data; boundary=b";
    CHECK(restored_body(masked_body(parts, type, usual).text, parts, type, usual) == parts);
    CHECK(restored_body("***", "x", "image/png", usual) == "***");
    CHECK(restored_url("/b?sig=***", "/a?sig=s#key=k", usual) == "/b?sig=s");
    CHECK(restored_url("/b?sig=***", "/a?sig=s", Secrets::none()) == "/b?sig=***");
}

TEST_CASE("parameters of a field's value", "[inspect]") {
    CHECK(parameter_of("multipart/form-data; boundary=abc", "boundary") == "abc");
    CHECK(parameter_of("multipart/form-data; charset=x; Boundary=\"a b\"", "boundary") == "a b");
    CHECK(parameter_of("multipart/form-data", "boundary").empty());
    CHECK(parameter_of("a; boundary", "boundary").empty());
    CHECK(media_type_of("Text/HTML; charset=utf-8") == "text/html");
}

TEST_CASE("a compressed body that is searched for secrets is kept without its coding", "[inspect]") {
    // printf '{"password":"hunter2"}' | gzip -n
    const std::string with_secret(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x2a\x48\x2c\x2e\x2e\xcf\x2f\x4a\x51"
        "\xb2\x52\xca\x28\xcd\x2b\x49\x2d\x32\x52\xaa\x05\x00\xb3\xd9\x6d\x25\x16\x00\x00\x00",
        42);
    REQUIRE(decoded(with_secret, "gzip", 1'000) == R"({"password":"hunter2"})");
    const Searched found = searched(with_secret, "application/json", "gzip", 65'536, usual);
    CHECK(found.body == R"({"password":"***"})");
    CHECK(found.decoded);
    CHECK(found.masked);
    const Searched part = searched(with_secret, "application/json", "gzip", 5, usual);
    CHECK(part.body == R"({"pas)");
    CHECK(part.cut);
    CHECK(part.decoded);
    // What can not be searched is not kept; what has nothing to be searched is kept as it is.
    CHECK(searched("x", "application/json", "zstd", 65'536, usual).dropped);
    CHECK(searched("xyz", "application/json", "gzip", 65'536, usual).dropped);
    CHECK(searched(with_secret, "image/png", "gzip", 65'536, usual).body == with_secret);
    CHECK(searched(with_secret, "application/json", "gzip", 65'536, Secrets::none()).body == with_secret);
}

TEST_CASE("codings", "[inspect]") {
    const std::string brotli("\x0b\x02\x80hello\x03", 9);
    CHECK(decoded(brotli, "br", 100) == "hello");
    CHECK(decoded(brotli, "br", 3) == "hel");
    CHECK(decoded(brotli.substr(0, 6), "BR", 100) == "hel");
    CHECK(decoded("abc", "identity", 100) == "abc");
    CHECK(decoded("abc", "", 100) == "abc");
    CHECK_FALSE(decoded("\xff\xff\xff\xff", "br", 100));
    CHECK_FALSE(decoded("abc", "gzip", 100));
    CHECK_FALSE(decoded("abc", "compress", 100));
    CHECK_FALSE(decoded("abc", "gzip, gzip, gzip, gzip, gzip", 100));
}
