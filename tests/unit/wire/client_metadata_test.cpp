// Metadata of a client in its hello: what is accepted, each bound, and what others see of it.
#include <catch2/catch.hpp>

#include "unit/wire/control_messages.hpp"
#include "wire/client_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using namespace ferrotunnel::wire;

namespace {

json with_metadata(const json& metadata) {
    json hello = hello_json();
    hello["metadata"] = metadata;
    return hello;
}

ClientMetadata accepted(const json& metadata) {
    const auto message = decode(with_metadata(metadata));
    REQUIRE(message);
    return std::get<Hello>(*message).metadata;
}

void refused(const json& metadata, Code code, const char* text) {
    const auto message = decode(with_metadata(metadata));
    REQUIRE_FALSE(message);
    CHECK(message.error().code == code);
    CHECK_THAT(message.error().text, Catch::StartsWith("hello.metadata ") && Catch::Contains(text));
}

json pairs(std::size_t count, std::size_t value_size) {
    json all = json::object();
    for (std::size_t i = 0; i < count; ++i) {
        all["key-" + std::to_string(i)] = std::string(value_size, 'v');
    }
    return all;
}

}  // namespace

TEST_CASE("client metadata: texts under keys") {
    CHECK(accepted(json::object()).empty());
    CHECK(accepted({{"site", "barn"}, {"A-Z_0.9", ""}, {"who", "gr\xc3\xbc\xc3\x9f dich"}}) ==
          ClientMetadata{{"site", "barn"}, {"A-Z_0.9", ""}, {"who", "gr\xc3\xbc\xc3\x9f dich"}});
    CHECK(accepted({{std::string(limits::client_metadata_key_max, 'k'), "v"}}).size() == 1);
    CHECK(accepted({{"k", std::string(limits::client_metadata_value_max, 'v')}}).size() == 1);
}

TEST_CASE("client metadata: each bound, passed by one") {
    CHECK(accepted(pairs(limits::client_metadata_pairs_max, 1)).size() == limits::client_metadata_pairs_max);
    refused(pairs(limits::client_metadata_pairs_max + 1, 1), Code::limit, "more than 16 pairs");
    // Four pairs of 5 bytes and 251: 1,024 in all.
    CHECK(accepted(pairs(4, 251)).size() == 4);
    json more = pairs(4, 251);
    more["key-3"] = std::string(252, 'v');
    refused(more, Code::limit, "more than 1024 bytes");
    refused({{std::string(limits::client_metadata_key_max + 1, 'k'), "v"}}, Code::limit, "64 bytes in a key");
    refused({{"k", std::string(limits::client_metadata_value_max + 1, 'v')}}, Code::limit, "256 bytes in the value");
}

TEST_CASE("client metadata: nothing that controls a terminal, in keys or values") {
    refused({{"", "v"}}, Code::protocol, "expected letters");
    for (const char* key : {"a b", "a=b", "k\n", "\x1b[2J", "gr\xc3\xbc\xc3\x9f", "a/b", "\xc2\x9b"}) {
        refused({{key, "v"}}, Code::protocol, "expected letters");
    }
    for (const char* value : {"two\nlines", "\x1b[2J", "\x7f",
                              "\xc2\x9b"
                              "2J"}) {
        refused({{"k", value}}, Code::protocol, "control characters");
    }
    const auto shown = decode(with_metadata({{"\x1b[2J", "v"}}));
    REQUIRE_FALSE(shown);
    CHECK(shown.error().text.find('\x1b') == std::string::npos);
    refused({{"k", 5}}, Code::protocol, "a value that is not text");
    refused({{"k", json::object()}}, Code::protocol, "a value that is not text");
    refused("site=barn", Code::protocol, "is not a map");
}

TEST_CASE("client metadata: of a server's hello an unknown key") {
    json hello = with_metadata({{"\n", 5}});
    hello.erase("token_id");
    hello["role"] = "server";
    const auto message = decode(hello);
    REQUIRE(message);
    CHECK(std::get<Hello>(*message).metadata.empty());
}

TEST_CASE("client metadata: the largest hello fits into a message before the login") {
    Hello hello;
    hello.token_id.emplace();
    hello.features = UINT64_MAX;
    hello.epoch = hello.attempt = UINT64_MAX;
    hello.trunk = hello.trunks = limits::trunks_max;
    hello.agent = std::string(limits::agent_text_max, 'a');
    hello.name = std::string(limits::client_name_max, 'n');
    hello.identity = std::string(identity_text_max, 'i');
    hello.replaces = true;
    for (std::size_t i = 0; i < limits::client_metadata_pairs_max; ++i) {
        const std::string key(limits::client_metadata_bytes_max / limits::client_metadata_pairs_max,
                              static_cast<char>('a' + i));
        hello.metadata.emplace(key, "");
    }
    REQUIRE_FALSE(fault_of(hello.metadata));
    const ControlPayload payload = encode_control(hello);  // asserts that a server accepts it
    CHECK(payload.size() <= limits::control_payload_unauthenticated_max);
    const auto back = decode_control(payload);
    REQUIRE(back);
    CHECK(std::get<Hello>(*back) == hello);
}

TEST_CASE("client metadata: a client finds what a server would find") {
    CHECK_FALSE(fault_of({{"site", "barn"}}));
    REQUIRE(fault_of({{"site", "two\nlines"}}));
    CHECK(fault_of({{"site", "two\nlines"}})->text ==
          "has control characters, or bytes that are not UTF-8, in the value of \"site\"");
    CHECK(fault_of({{"site", "\xff"}}));
    CHECK(fault_of({{"a b", ""}})->text == "has the key \"a b\"; expected letters, digits and \"._-\"");
    ClientMetadata many;
    for (std::size_t i = 0; i <= limits::client_metadata_pairs_max; ++i) {
        many.emplace("k" + std::to_string(i), "");
    }
    CHECK(fault_of(many)->code == Code::limit);
}
