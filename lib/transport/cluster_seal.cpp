#include "transport/cluster_seal.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "base/free_with.hpp"
#include "transport/certificate.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {
namespace {

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;

constexpr char sealed_version = '1';
constexpr std::size_t head_size = 1 + ClusterSeal::id_size;
constexpr std::size_t nonce_size = 12;  // the default of GCM
constexpr std::size_t tag_size = 16;

const unsigned char* octets(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text, std::size_t at) noexcept {
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}

// Authenticates the head and `bound_to`, and passes the text through the cipher. False if OpenSSL cannot.
bool update(EVP_CIPHER_CTX* cipher, std::string_view head, std::string_view bound_to, std::string_view text,
            unsigned char* into) {
    int size = 0;
    return EVP_CipherUpdate(cipher, nullptr, &size, octets(head), static_cast<int>(head.size())) == 1 &&
           EVP_CipherUpdate(cipher, nullptr, &size, octets(bound_to), static_cast<int>(bound_to.size())) == 1 &&
           EVP_CipherUpdate(cipher, into, &size, octets(text), static_cast<int>(text.size())) == 1;
}

}  // namespace

ClusterSeal::Key::Key(const ClusterKey& of, std::string_view purpose) : id(of.id()) {
    of.derive(purpose, secret);
}

ClusterSeal::Key::~Key() {
    OPENSSL_cleanse(secret.data(), secret.size());
}

ClusterSeal::ClusterSeal(const ClusterKeys& keys, std::string_view purpose) {
    keys_.reserve(2);  // so that no secret is moved
    keys_.emplace_back(keys.first, purpose);
    if (keys.second) {
        keys_.emplace_back(*keys.second, purpose);
    }
}

std::string_view ClusterSeal::key_id(std::string_view sealed) noexcept {
    return sealed.size() < overhead || sealed.front() != sealed_version ? std::string_view()
                                                                        : sealed.substr(1, id_size);
}

std::string ClusterSeal::seal(std::string_view text, std::string_view bound_to) const {
    const Key& key = keys_.front();
    std::string sealed = sealed_version + key.id;
    sealed.resize(text.size() + overhead);
    const std::string head = sealed.substr(0, head_size);
    unsigned char* const nonce = octets(sealed, head_size);
    unsigned char* const body = nonce + nonce_size;
    int size = 0;
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    const bool is_sealed =
        cipher != nullptr && RAND_bytes(nonce, nonce_size) == 1 &&
        EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.secret.data(), nonce, 1) == 1 &&
        update(cipher.get(), head, bound_to, text, body) &&
        EVP_CipherFinal_ex(cipher.get(), body + text.size(), &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, body + text.size()) == 1;
    if (!is_sealed) {
        throw TlsConfigError("cannot seal a text: " + take_openssl_error());
    }
    return sealed;
}

std::optional<std::string> ClusterSeal::open(std::string_view sealed, std::string_view bound_to) const {
    const std::string_view id = key_id(sealed);
    const auto key = std::find_if(keys_.begin(), keys_.end(), [id](const Key& one) { return one.id == id; });
    if (id.empty() || key == keys_.end()) {
        return std::nullopt;
    }
    const std::string_view nonce = sealed.substr(head_size, nonce_size);
    const std::string_view body = sealed.substr(head_size + nonce_size, sealed.size() - overhead);
    std::string tag(sealed.substr(sealed.size() - tag_size));
    std::string text(body.size(), '\0');
    std::array<unsigned char, tag_size> rest{};
    int size = 0;
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    const bool is_opened =
        cipher != nullptr &&
        EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->secret.data(), octets(nonce), 0) == 1 &&
        update(cipher.get(), sealed.substr(0, head_size), bound_to, body, octets(text, 0)) &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
        EVP_CipherFinal_ex(cipher.get(), rest.data(), &size) == 1;
    if (!is_opened) {
        ERR_clear_error();
        OPENSSL_cleanse(text.data(), text.size());
        return std::nullopt;
    }
    return text;
}

}  // namespace ferrotunnel::transport
