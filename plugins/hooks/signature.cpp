#include "hooks/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace ferrotunnel::plugins {

std::string signature_of(std::string_view body, std::int64_t seconds, const std::vector<std::string>& secrets) {
    const std::string time = std::to_string(seconds);
    std::string message = time + ".";
    message += body;
    std::string field = "t=" + time;
    for (const std::string& secret : secrets) {
        std::array<unsigned char, 32> digest{};
        if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                 reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
                 nullptr) == nullptr) {
            throw std::runtime_error("HMAC is not available");
        }
        constexpr std::string_view digits = "0123456789abcdef";
        field += ",v1=";
        for (const unsigned char byte : digest) {
            field += digits[byte / 16U];
            field += digits[byte % 16U];
        }
    }
    return field;
}

}  // namespace ferrotunnel::plugins
