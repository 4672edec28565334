#include "ingress/websocket_key.hpp"

#include <openssl/evp.h>
#include <array>
#include <cstdint>
#include <new>

namespace ferrotunnel::ingress {
namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::size_t digest_bytes = 20;
constexpr std::string_view of_the_protocol = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

template <std::size_t size>
std::string base64(const std::array<std::uint8_t, size>& bytes) {
    std::string text((size + 2) / 3 * 4 + 1, '\0');  // the last one is for the function's NUL
    const int written =
        EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), bytes.data(), static_cast<int>(size));
    text.resize(static_cast<std::size_t>(written));
    return text;
}

}  // namespace

std::string new_websocket_key(Random* random) {
    std::array<std::uint8_t, key_bytes> bytes{};
    if (random != nullptr) {
        random->fill(bytes);
    }
    return base64(bytes);
}

std::string websocket_accept_of(std::string_view key) {
    const std::string text = std::string(key).append(of_the_protocol);
    std::array<std::uint8_t, digest_bytes> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    return base64(digest);
}

}  // namespace ferrotunnel::ingress
