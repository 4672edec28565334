// What services say that have a token of their own.
#include <catch2/catch.hpp>

#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::decode;
using test::hex;
using test::json;
using test::register_json;
using test::to_hex;

TEST_CASE("register: a service with a proof has exactly these bytes") {
    Service service;
    service.id = 6;
    service.remote_port = 22;
    service.proof.emplace().fill(0x5a);
    const auto payload = encode_register(3, std::vector{service}).at(0);
    std::string proof;
    for (int i = 0; i < 32; ++i) {
        proof += "5a";
    }
    CHECK(to_hex(payload) == hex("a3 6174 687265676973746572 6772657175657374 03 687365727669636573 81 a4 626964 06"
                                 "646b696e64 01 6b72656d6f74655f706f7274 16 6570726f6f66 5820" +
                                 proof));
    const auto back = decode_control(payload);
    REQUIRE(back);
    CHECK(std::get<Register>(*back).services == std::vector{service});
}

TEST_CASE("register: a proof has 32 bytes") {
    json message = register_json();
    json& service = message["services"][0];
    CHECK(decode(message));
    for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
        service["proof"] = json::binary(std::vector<std::uint8_t>(size, 1));
        CHECK_FALSE(decode(message));
    }
    service["proof"] = "text of exactly 32 bytes, no more";
    CHECK_FALSE(decode(message));
    service["proof"] = json::binary(std::vector<std::uint8_t>(32, 1));
    const auto right = decode(message);
    REQUIRE(right);
    CHECK(std::get<Register>(*right).services.at(0).proof.has_value());
}
