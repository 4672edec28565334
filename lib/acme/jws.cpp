#include "acme/jws.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "acme/crypto.hpp"
#include "base/base64url.hpp"

namespace ferrotunnel::acme {
namespace {

using OrderedJson = nlohmann::ordered_json;
using MacPtr = std::unique_ptr<EVP_MAC, FreeWith<EVP_MAC_free>>;
using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, FreeWith<EVP_MAC_CTX_free>>;

// A nonce and URLs are a CA's: not necessarily UTF-8.
std::string jws_text(const OrderedJson& json) {
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string jws_part(std::string_view text) {
    return encode_base64url(as_bytes(text));
}

template <typename Sign>
OrderedJson signed_object(const OrderedJson& header, std::string_view payload, Sign&& sign) {
    const std::string header_text = jws_part(jws_text(header));
    const std::string payload_text = jws_part(payload);
    const std::string signature = sign(header_text + "." + payload_text);
    return {{"protected", header_text}, {"payload", payload_text}, {"signature", jws_part(signature)}};
}

std::string hmac_sha256(Bytes key, std::string_view text) {
    const MacPtr mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    const MacContextPtr context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    char digest_name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                 OSSL_PARAM_construct_end()};
    const Bytes bytes = as_bytes(text);
    Sha256 code{};
    std::size_t written = 0;
    require_crypto(context && EVP_MAC_init(context.get(), key.data(), key.size(), params) == 1 &&
                       EVP_MAC_update(context.get(), bytes.data(), bytes.size()) == 1 &&
                       EVP_MAC_final(context.get(), code.data(), &written, code.size()) == 1 && written == code.size(),
                   "cannot calculate an HMAC");
    return std::string(as_text(code));
}

// The secret of an external account, wiped after use.
class HmacKey {
public:
    explicit HmacKey(std::string_view text) {
        while (text.ends_with('=')) {  // padding, which some CAs show
            text.remove_suffix(1);
        }
        bytes_.resize(text.size() * 3 / 4);
        if (bytes_.empty() || !decode_base64url(text, bytes_)) {
            wipe();
            throw std::runtime_error(
                "the HMAC key of the external account is not base64url; copy it again from the CA");
        }
    }
    HmacKey(const HmacKey&) = delete;
    HmacKey& operator=(const HmacKey&) = delete;
    ~HmacKey() { wipe(); }

    Bytes bytes() const noexcept { return bytes_; }

private:
    void wipe() noexcept { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::string sign_request(const Key& key, std::string_view account, std::string_view nonce, std::string_view url,
                         std::string_view payload) {
    OrderedJson header{{"alg", "ES256"}};
    if (account.empty()) {
        header["jwk"] = OrderedJson::parse(key.jwk());
    } else {
        header["kid"] = account;
    }
    header["nonce"] = nonce;
    header["url"] = url;
    return jws_text(signed_object(header, payload, [&key](const std::string& input) { return key.sign(input); }));
}

std::string bind_external_account(const ExternalAccount& external, const Key& account_key, std::string_view url) {
    const HmacKey hmac_key(external.hmac_key);
    const OrderedJson header{{"alg", "HS256"}, {"kid", external.id}, {"url", url}};
    return jws_text(signed_object(header, account_key.jwk(), [&hmac_key](const std::string& input) {
        return hmac_sha256(hmac_key.bytes(), input);
    }));
}

std::string change_key_payload(const Key& old_key, const Key& new_key, std::string_view account, std::string_view url) {
    const OrderedJson header{{"alg", "ES256"}, {"jwk", OrderedJson::parse(new_key.jwk())}, {"url", url}};
    const OrderedJson payload{{"account", account}, {"oldKey", OrderedJson::parse(old_key.jwk())}};
    return jws_text(
        signed_object(header, jws_text(payload), [&new_key](const std::string& input) { return new_key.sign(input); }));
}

}  // namespace ferrotunnel::acme
