#include "acme/key.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "acme/limits.hpp"
#include "base/base64url.hpp"
#include "key_texts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

std::string fault_of_key(const std::string& pem) {
    try {
        Key::from_pem(pem);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

std::string key_pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
    BIO* bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER* cipher = passphrase != nullptr ? EVP_aes_256_cbc() : nullptr;
    PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, passphrase != nullptr ? 4 : 0, nullptr, nullptr);
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    std::string pem(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
}

}  // namespace

TEST_CASE("a key survives its text") {
    const Key key = Key::make();
    const std::string pem = key.to_pem();
    CHECK(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const Key again = Key::from_pem(pem);
    CHECK(again.jwk() == key.jwk());
    CHECK(again.thumbprint() == key.thumbprint());
    CHECK(again.to_pem() == pem);
    CHECK(Key::make().jwk() != key.jwk());
    // Beside other blocks, and in the older form.
    CHECK(Key::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + pem).jwk() == key.jwk());
    CHECK(Key::from_pem(sec1_key).jwk() == sec1_jwk);
}

TEST_CASE("JWK and thumbprint of a known key") {
    const Key key = Key::from_pem(sec1_key);
    CHECK(key.jwk() == sec1_jwk);
    CHECK(key.thumbprint() == sec1_thumbprint);
}

TEST_CASE("coordinates have 32 bytes also if they begin with zeros") {
    for (int i = 0; i < 600; ++i) {  // one of 128 has such a coordinate
        const std::string jwk = Key::make().jwk();
        REQUIRE(jwk.size() == sec1_jwk.size());
        REQUIRE(jwk.find('\n') == std::string::npos);
    }
}

TEST_CASE("signatures are valid, and have a fixed length") {
    const Key key = Key::make();
    for (int i = 0; i < 600; ++i) {
        const std::string text = "text " + std::to_string(i);
        const std::string signature = key.sign(text);
        REQUIRE(signature.size() == 64);
        REQUIRE(is_signature_of(key, text, signature));
        REQUIRE_FALSE(is_signature_of(key, text + "!", signature));
    }
    CHECK(is_signature_of(key, "", key.sign("")));
}

TEST_CASE("other texts are not keys") {
    const std::string pem = Key::make().to_pem();
    CHECK(fault_of_key("").find("is not a private key") == 0);
    CHECK(fault_of_key("garbage").find("is not a private key") == 0);
    CHECK(fault_of_key(pem.substr(0, pem.size() / 2)).find("is not a private key") == 0);
    CHECK(fault_of_key(key_pem_of(EVP_EC_gen("P-256"), "word")).find("without a passphrase") != std::string::npos);
    CHECK(fault_of_key(key_pem_of(EVP_EC_gen("P-384"))).find("P-256") != std::string::npos);
    CHECK(fault_of_key(key_pem_of(EVP_EC_gen("secp256k1"))).find("P-256") != std::string::npos);
    CHECK(fault_of_key(key_pem_of(EVP_RSA_gen(2'048))).find("P-256") != std::string::npos);
    CHECK(fault_of_key(key_pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))).find("P-256") != std::string::npos);
    CHECK(fault_of_key(std::string(mismatched_key)).find("intact") != std::string::npos);
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("an error has none of the key's text") {
    std::string pem = Key::make().to_pem();
    const std::string secret = pem.substr(28, 40);
    pem.insert(100, "!");
    CHECK_FALSE(fault_of_key(pem).empty());
    CHECK(fault_of_key(pem).find(secret) == std::string::npos);
}

TEST_CASE("limit: the length of a key's text", "[limits]") {
    const std::string pem = Key::make().to_pem();
    CHECK_NOTHROW(Key::from_pem(std::string(acme::limits::key_pem_max - pem.size(), '\n') + pem));
    CHECK(fault_of_key(std::string(acme::limits::key_pem_max - pem.size() + 1, '\n') + pem).find("longer") !=
          std::string::npos);
}
