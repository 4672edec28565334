#include "common/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>
#include <string>

#include "common/hex.hpp"

namespace ferrotunnel::plugins {

Digest sha256(std::string_view text) {
    Digest digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    return digest;
}

std::optional<Digest> digest_of_hex(std::string_view hex) noexcept {
    Digest digest{};
    return decode_hex(hex, digest) ? std::optional(digest) : std::nullopt;
}

KeyedDigest::KeyedDigest() {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
        throw std::runtime_error("no random bytes are available");
    }
}

KeyedDigest::~KeyedDigest() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

Digest KeyedDigest::of(std::initializer_list<std::string_view> parts) const {
    std::string all;
    for (const std::string_view part : parts) {
        const std::uint64_t size = part.size();
        all.append(reinterpret_cast<const char*>(&size), sizeof size);
        all.append(part);
    }
    Digest digest{};
    const bool made =
        HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data(), nullptr) != nullptr;
    OPENSSL_cleanse(all.data(), all.size());
    if (!made) {
        throw std::runtime_error("HMAC is not available");
    }
    return digest;
}

}  // namespace ferrotunnel::plugins
