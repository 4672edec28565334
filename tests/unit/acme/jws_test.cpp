#include "acme/jws.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/base64url.hpp"
#include "key_texts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

std::string decoded_part(const std::string& text) {
    std::vector<std::uint8_t> bytes(text.size() * 3 / 4);
    REQUIRE(decode_base64url(text, bytes));
    return std::string(as_text(bytes));
}

// The object, with its parts decoded.
struct OpenedRequest {
    nlohmann::json header;
    std::string payload;
    std::string signature;
    std::string signed_text;
};

OpenedRequest open_request(const std::string& body) {
    const nlohmann::json object = nlohmann::json::parse(body);
    REQUIRE(object.size() == 3);
    const std::string header = object.at("protected");
    const std::string payload = object.at("payload");
    return {nlohmann::json::parse(decoded_part(header)), decoded_part(payload), decoded_part(object.at("signature")),
            header + "." + payload};
}

std::string hmac_of(const std::string& key, const std::string& text) {
    std::array<unsigned char, 32> code{};
    std::size_t written = 0;
    REQUIRE(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), as_bytes(text).data(),
                      text.size(), code.data(), code.size(), &written) != nullptr);
    return std::string(as_text(Bytes(code.data(), written)));
}

const char* const order_url = "https://ca.example/acme/new-order";

}  // namespace

TEST_CASE("a request of an account") {
    const Key key = Key::make();
    const OpenedRequest request =
        open_request(sign_request(key, "https://ca.example/acct/1", "nonce-1", order_url, R"({"a":1})"));
    CHECK(request.header ==
          nlohmann::json{
              {"alg", "ES256"}, {"kid", "https://ca.example/acct/1"}, {"nonce", "nonce-1"}, {"url", order_url}});
    CHECK(request.payload == R"({"a":1})");
    CHECK(is_signature_of(key, request.signed_text, request.signature));
}

TEST_CASE("a request without an account has the public key") {
    const Key key = Key::make();
    const OpenedRequest request = open_request(sign_request(key, "", "nonce-1", order_url, "{}"));
    CHECK(request.header ==
          nlohmann::json{
              {"alg", "ES256"}, {"jwk", nlohmann::json::parse(key.jwk())}, {"nonce", "nonce-1"}, {"url", order_url}});
    CHECK(is_signature_of(key, request.signed_text, request.signature));
}

TEST_CASE("POST-as-GET has an empty payload") {
    const Key key = Key::make();
    const std::string body = sign_request(key, "https://ca.example/acct/1", "nonce-1", order_url, "");
    CHECK(nlohmann::json::parse(body).at("payload") == "");
    const OpenedRequest request = open_request(body);
    CHECK(is_signature_of(key, request.signed_text, request.signature));
}

TEST_CASE("texts of a CA cannot change the form of a request") {
    const Key key = Key::make();
    const std::string nonce = "a\",\"alg\":\"none\n\xff";
    const OpenedRequest request = open_request(sign_request(key, "https://ca.example/\"\\", nonce, order_url, "{}"));
    CHECK(request.header.size() == 4);
    CHECK(request.header.at("alg") == "ES256");
    CHECK(request.header.at("kid") == "https://ca.example/\"\\");
}

TEST_CASE("an external account is bound by its HMAC key") {
    const Key key = Key::make();
    const std::string secret = "an HMAC key of 32 bytes: 8901234";
    const ExternalAccount external{"kid-1", encode_base64url(as_bytes(secret))};
    const OpenedRequest bound = open_request(bind_external_account(external, key, order_url));
    CHECK(bound.header == nlohmann::json{{"alg", "HS256"}, {"kid", "kid-1"}, {"url", order_url}});
    CHECK(bound.payload == key.jwk());
    CHECK(bound.signature == hmac_of(secret, bound.signed_text));
    const ExternalAccount padded{"kid-1", external.hmac_key + "="};
    CHECK(bind_external_account(padded, key, order_url) == bind_external_account(external, key, order_url));
}

TEST_CASE("what is not base64url is not an HMAC key") {
    const Key key = Key::make();
    for (const char* text : {"", "=", "====", "a", "abcde", "ab+/", "ab cd", "geheim!!", "YWI\n"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(bind_external_account({"kid", text}, key, order_url), std::runtime_error);
    }
    try {
        bind_external_account({"kid", "secret-of-the-account!"}, key, order_url);
        FAIL("it is not base64url");
    } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
}

TEST_CASE("the payload of a change of the key is signed by the new one") {
    const Key old_key = Key::make();
    const Key new_key = Key::make();
    const OpenedRequest inner =
        open_request(change_key_payload(old_key, new_key, "https://ca.example/acct/1", order_url));
    CHECK(inner.header ==
          nlohmann::json{{"alg", "ES256"}, {"jwk", nlohmann::json::parse(new_key.jwk())}, {"url", order_url}});
    CHECK(nlohmann::json::parse(inner.payload) ==
          nlohmann::json{{"account", "https://ca.example/acct/1"}, {"oldKey", nlohmann::json::parse(old_key.jwk())}});
    CHECK(is_signature_of(new_key, inner.signed_text, inner.signature));
    CHECK_FALSE(is_signature_of(old_key, inner.signed_text, inner.signature));
}
