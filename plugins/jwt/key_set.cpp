// JSON Web Key Sets.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/base64.hpp"
#include "common/strict_json.hpp"
#include "jwt/key.hpp"

namespace ferrotunnel::plugins {

using nlohmann::json;

/// Makes keys from JSON.
class KeyReader {
public:
    explicit KeyReader(bool takes_secrets) : takes_secrets_(takes_secrets) {}

    /// Empty: the key is skipped. Throws std::runtime_error for a broken one.
    std::optional<Key> read(const json& key) const {
        const std::string type = text_at(key, "kty").value_or("");
        const std::string curve = text_at(key, "crv").value_or("");
        const std::string kid = text_at(key, "kid").value_or("");
        const Algorithm* const algorithm = algorithm_of(algorithm_name(key, type, curve));
        if (algorithm == nullptr || !is_for_signatures(key)) {
            return std::nullopt;
        }
        if (type == "oct" && takes_secrets_) {
            return Key::of_secret(*algorithm, kid, member(key, "k"));
        }
        if (type == "RSA") {
            return Key::of_public(*algorithm, kid, rsa(member(key, "n"), member(key, "e")));
        }
        if (type == "EC" && algorithm->kind == Algorithm::Kind::ecdsa) {
            return Key::of_public(*algorithm, kid, ec(*algorithm, member(key, "x"), member(key, "y")));
        }
        if (type == "OKP" && curve == "Ed25519") {
            const std::string x = member(key, "x");
            return Key::of_public(
                *algorithm, kid,
                EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(x.data()),
                                            x.size()));
        }
        return std::nullopt;
    }

private:
    template <typename Type, void (*free)(Type*)>
    struct Freed {
        void operator()(Type* object) const noexcept { free(object); }
    };
    using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
    using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
    using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;

    static std::string algorithm_name(const json& key, const std::string& type, const std::string& curve) {
        if (const auto name = text_at(key, "alg")) {
            return *name;
        }
        if (type == "EC") {
            return curve == "P-256" ? "ES256" : curve == "P-384" ? "ES384" : curve == "P-521" ? "ES512" : "";
        }
        return type == "RSA" ? "RS256" : type == "OKP" && curve == "Ed25519" ? "EdDSA" : "";
    }
    static bool is_for_signatures(const json& key) {
        const auto operations = key.find("key_ops");
        bool may_verify = operations == key.end() || !operations->is_array();
        if (!may_verify) {
            for (const json& operation : *operations) {
                may_verify = may_verify || operation == "verify";
            }
        }
        return may_verify && text_at(key, "use").value_or("sig") == "sig";
    }
    static std::string member(const json& key, const char* name) {
        const auto text = text_at(key, name);
        auto bytes = text ? decode_base64url(*text) : std::nullopt;
        if (!bytes || bytes->empty()) {
            throw std::runtime_error(std::string("has a key whose \"") + name + "\" is missing or not base64url");
        }
        return std::move(*bytes);
    }
    static Number number(const std::string& bytes) {
        return Number(
            BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
    }
    /// Null if there is no such key.
    static EVP_PKEY* make(const char* type, OSSL_PARAM_BLD* builder) {
        using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
        const Params params(OSSL_PARAM_BLD_to_param(builder));
        const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
        EVP_PKEY* key = nullptr;
        if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
            return nullptr;
        }
        return key;
    }
    static EVP_PKEY* rsa(const std::string& modulus, const std::string& exponent) {
        const Builder builder(OSSL_PARAM_BLD_new());
        const Number n = number(modulus);
        const Number e = number(exponent);
        const bool built = OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
        return built ? make("RSA", builder.get()) : nullptr;
    }
    static EVP_PKEY* ec(const Algorithm& algorithm, const std::string& x, const std::string& y) {
        if (x.size() != algorithm.size || y.size() != algorithm.size) {
            return nullptr;
        }
        const Builder builder(OSSL_PARAM_BLD_new());
        const std::string point = "\x04" + x + y;
        const bool built =
            OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, algorithm.curve, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1;
        EVP_PKEY* const key = built ? make("EC", builder.get()) : nullptr;
        const Context checks(key != nullptr ? EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr) : nullptr);
        if (key != nullptr && (checks == nullptr || EVP_PKEY_public_check(checks.get()) != 1)) {
            EVP_PKEY_free(key);  // such as a point that is not on the curve
            return nullptr;
        }
        return key;
    }

    bool takes_secrets_;
};

std::vector<Key> read_key_set(std::string_view text, bool takes_secrets) {
    constexpr std::size_t keys_max = 100;
    const std::optional<json> set = parse_strict_object(text);
    if (!set || !set->contains("keys") || !(*set)["keys"].is_array()) {
        throw std::runtime_error("is not a JSON Web Key Set: {\"keys\": [...]}");
    }
    const json& listed = (*set)["keys"];
    if (listed.size() > keys_max) {
        throw std::runtime_error("has more than 100 keys");
    }
    const KeyReader reader(takes_secrets);
    std::vector<Key> keys;
    for (const json& each : listed) {
        try {
            if (std::optional<Key> key = each.is_object() ? reader.read(each) : std::nullopt) {
                keys.push_back(std::move(*key));
            }
        } catch (const std::runtime_error&) {  // a broken key is skipped like an unknown one
        }
    }
    if (keys.empty()) {
        throw std::runtime_error("has no key for checking signatures");
    }
    return keys;
}

}  // namespace ferrotunnel::plugins
