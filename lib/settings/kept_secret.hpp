// A Secret that can be copied and compared with its settings.
#pragma once

#include <utility>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::detail {

class KeptSecret : public Secret {
public:
    KeptSecret() noexcept = default;
    KeptSecret(Secret&& secret) noexcept : Secret(std::move(secret)) {}  // NOLINT(google-explicit-constructor)
    KeptSecret(const KeptSecret& other) : Secret(other.copy()) {}
    KeptSecret(KeptSecret&&) noexcept = default;
    KeptSecret& operator=(const KeptSecret& other) {
        Secret::operator=(other.copy());
        return *this;
    }
    KeptSecret& operator=(KeptSecret&&) noexcept = default;
    ~KeptSecret() = default;

    /// Compares the texts; where they came from does not matter.
    friend bool operator==(const KeptSecret& a, const KeptSecret& b) noexcept { return a.reveal() == b.reveal(); }
};

}  // namespace ferrotunnel::detail
