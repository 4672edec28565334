#include "oidc/seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

#include "common/base64.hpp"
#include "common/digest.hpp"

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

Context make_context() {
    Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    if (!context) {
        throw std::runtime_error("there is no memory for a cipher");
    }
    return context;
}

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

int size_of(std::string_view text) noexcept {
    return static_cast<int>(text.size());
}

}  // namespace

std::string random_text(std::size_t bytes) {
    std::string made(bytes, '\0');
    if (RAND_bytes(bytes_of(made), size_of(made)) != 1) {
        throw std::runtime_error("there are no random bytes");
    }
    return encode_base64url(made);
}

Seal::Seal(const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        keys_.push_back(sha256("ferrotunnel oidc cookie key 1\n" + secret));
    }
}

std::string Seal::seal(std::string_view text, std::string_view purpose) const {
    std::string nonce(nonce_size, '\0');
    std::string sealed(text.size(), '\0');
    std::string tag(tag_size, '\0');
    int size = 0;
    const Context context = make_context();
    const bool is_done =
        RAND_bytes(bytes_of(nonce), nonce_size) == 1 &&
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, keys_.front().data(), bytes_of(nonce)) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(purpose), size_of(purpose)) == 1 &&
        EVP_EncryptUpdate(context.get(), bytes_of(sealed), &size, bytes_of(text), size_of(text)) == 1 &&
        EVP_EncryptFinal_ex(context.get(), bytes_of(tag), &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag.data()) == 1;
    if (!is_done) {
        throw std::runtime_error("a cookie cannot be encrypted");
    }
    return encode_base64url(nonce + sealed + tag);
}

std::optional<std::string> Seal::open(std::string_view sealed, std::string_view purpose) const {
    const std::optional<std::string> bytes = decode_base64url(sealed);
    if (!bytes || bytes->size() < nonce_size + tag_size) {
        return std::nullopt;
    }
    const std::string_view all(*bytes);
    const std::string_view text = all.substr(nonce_size, all.size() - nonce_size - tag_size);
    std::string tag(all.substr(all.size() - tag_size));
    for (const Key& key : keys_) {
        std::string opened(text.size(), '\0');
        std::string rest(tag_size, '\0');
        int size = 0;
        const Context context = make_context();
        if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes_of(all)) == 1 &&
            EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(purpose), size_of(purpose)) == 1 &&
            EVP_DecryptUpdate(context.get(), bytes_of(opened), &size, bytes_of(text), size_of(text)) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
            EVP_DecryptFinal_ex(context.get(), bytes_of(rest), &size) == 1) {
            return opened;
        }
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::plugins
