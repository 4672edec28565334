// The group in which a TLS handshake agreed on its keys: a value for logs and statistics (transport/key_groups.hpp).
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel {

enum class KeyGroup : std::uint8_t {
    none,    // no handshake, or its key exchange has no group
    hybrid,  // X25519 and ML-KEM-768
    x25519,
    p256,
    p384,
    other,
};

/// As IANA names it; "other"; empty for `none`.
constexpr std::string_view name_of(KeyGroup group) noexcept {
    switch (group) {
        case KeyGroup::none:
            return "";
        case KeyGroup::hybrid:
            return "X25519MLKEM768";
        case KeyGroup::x25519:
            return "x25519";
        case KeyGroup::p256:
            return "secp256r1";
        case KeyGroup::p384:
            return "secp384r1";
        case KeyGroup::other:
            return "other";
    }
    return "";
}

}  // namespace ferrotunnel
