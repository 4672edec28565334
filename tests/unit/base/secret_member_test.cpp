#include "base/secret_member.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/wipe.hpp"

using namespace ferrotunnel;

namespace {

const std::string key = "-----BEGIN PRIVATE KEY-----\nMIG/+=\n-----END PRIVATE KEY-----\n";

}  // namespace

TEST_CASE("a secret member is JSON, and is read back", "[secret_member]") {
    const nlohmann::json object{{"url", "https://ca.test/1"}, {"names", {"a", "b"}}};
    const std::string odd = "\"\\/\b\f\n\r\t\x01\x7f\xc3\xa4 {}[]:,";
    for (const std::string& secret : {key, odd, std::string()}) {
        for (const std::string& text :
             {object.dump(2) + "\n", object.dump(), std::string("{}"), std::string("{ \n}")}) {
            const std::string with = with_secret_member(text, "key", secret);
            const nlohmann::json read = nlohmann::json::parse(with, nullptr, false);
            REQUIRE(read.is_object());
            CHECK(read.at("key") == secret);
            const auto taken = take_secret_member(with, "key");
            REQUIRE(taken);
            CHECK(taken->secret == secret);
            CHECK((secret.empty() || taken->rest.find(secret.substr(0, 5)) == std::string::npos));
            nlohmann::json rest = nlohmann::json::parse(taken->rest);
            CHECK(rest.at("key") == "");
            rest.erase("key");
            CHECK(rest == nlohmann::json::parse(text));
        }
    }
}

TEST_CASE("a secret member is found where people and other programs put it", "[secret_member]") {
    const auto secret_in = [](std::string_view text) {
        const auto taken = take_secret_member(text, "key");
        return taken ? taken->secret : "none";
    };
    CHECK(secret_in(R"({"key":"a"})") == "a");
    CHECK(secret_in("{ \"key\"\n :\t\"a\" , \"x\": 1}") == "a");
    CHECK(secret_in(R"({"x": {"key": "no"}, "y": ["key", "no"], "z": "\"key\": \"no\"", "key": "a"})") == "a");
    CHECK(secret_in(R"({"x": "key", "key": "a\/\u0041\\"})") == "a/A\\");
    for (const char* text : {"", "{}", "[]", R"({"key": 7})", R"({"key": null})", R"({"key")", R"({"key":)",
                             R"({"key": "a)", R"({"key": "a\")", R"({"key": "\x"})", R"({"key": "\u00e4"})",
                             R"({"key": "\u00)", "{\"key\": \"\n\"}", R"(["key", "a"])", R"({"x": "key"})"}) {
        INFO(text);
        CHECK(secret_in(text) == "none");
    }
}

TEST_CASE("a secret member is written once: the text does not grow while it is written", "[secret_member]") {
    const std::string secret(1'000, '\x01');  // the longest escapes
    const std::string with = with_secret_member("{}", "key", secret);
    CHECK(with.capacity() >= with.size());
    CHECK(with.size() <= 2 + 3 + 6 * secret.size() + 32);
}

TEST_CASE("a wiped text is empty, and its memory has nothing of it", "[secret_member]") {
    std::string text = key;
    const char* const memory = text.data();
    {
        const WipeAtEnd wiped(text);
        CHECK(text == key);
    }
    CHECK(text.empty());
    CHECK(text.data() == memory);
    CHECK(std::string_view(memory, key.size()).find_first_not_of('\0') == std::string_view::npos);
}
