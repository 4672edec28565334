// Tests signatures of webhooks without a chain: their computation and their validity.
#include "webhook-verify/signature.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "webhook-verify/hmac.hpp"
#include "webhook-verify/signer_for_tests.hpp"

using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;

TEST_CASE("webhook-verify: HMAC is that of RFC 2202 and RFC 4231", "[webhook-verify]") {
    const std::string_view text = "what do ya want for nothing?";
    CHECK(hex(HashName::sha1, "Jefe", {text}) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(hex(HashName::sha256, "Jefe", {text.substr(0, 4), "", text.substr(4)}) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex(HashName::sha512, "Jefe", {text}) ==
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
          "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    const HmacKey key(HashName::sha256, "Jefe");
    CHECK(key.of({text}) == key.of({text}));  // a key is used again and again
}

TEST_CASE("webhook-verify: all workers use one key", "[webhook-verify]") {
    const HmacKey key(HashName::sha256, "Jefe");
    const HmacKey::Mac expected = key.of({"a body"});
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 500; ++n) {
                right += key.of({"a body"}) == expected ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(right == 2'000);
}

TEST_CASE("webhook-verify: a time is good up to the tolerance, both ways", "[webhook-verify]") {
    SignatureStyle style;
    style.kind = SignatureStyle::Kind::stripe;
    style.tolerance = 300s;
    const std::string value = "t=1000000,v1=" + std::string(64, 'a');
    const auto read = [&](std::chrono::seconds now) {
        std::string_view fault;
        return read_claim(style, {{value}, {}}, now, fault).has_value();
    };
    CHECK(read(1'000'000s));
    CHECK(read(1'000'300s));
    CHECK_FALSE(read(1'000'301s));
    CHECK(read(999'700s));
    CHECK_FALSE(read(999'699s));

    // And again after the body, which may have arrived slowly.
    std::string_view fault;
    const auto claim = read_claim(style, {{value}, {}}, 1'000'000s, fault);
    REQUIRE(claim);
    CHECK(is_timely(*claim, style, 1'000'300s, fault));
    CHECK_FALSE(is_timely(*claim, style, 1'000'301s, fault));
    CHECK(fault == "its time is too far in the past");
}

TEST_CASE("webhook-verify: Slack's own example", "[webhook-verify]") {
    const std::string secret = "8f742231b10e8888abcd99yyyzzz85a5";
    const std::string text =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
        "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
        "hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
        "47445629121.803a0bc887a14d10d2c447fce8b6703c";
    SignatureStyle style;
    style.kind = SignatureStyle::Kind::slack;
    style.prefix = "v0=";
    style.tolerance = 300s;
    std::string_view fault;
    const auto claim =
        read_claim(style, {{"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}, {"1531420618"}},
                   1'531'420'700s, fault);
    REQUIRE(claim);
    std::vector<HmacKey> keys;
    keys.emplace_back(HashName::sha256, secret);
    CHECK(find_key(*claim, text, keys) == 0);
    CHECK_FALSE(find_key(*claim, text + "&", keys));
}
