// A Secret that can be copied and compared with its settings.
#pragma once

#include <utility>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::detail {

class CopyableSecret : public Secret {
public:
    CopyableSecret() noexcept = default;
    CopyableSecret(Secret&& secret) noexcept : Secret(std::move(secret)) {}  // NOLINT(google-explicit-constructor)
    CopyableSecret(const CopyableSecret& other) : Secret(other.copy()) {}
    CopyableSecret(CopyableSecret&&) noexcept = default;
    CopyableSecret& operator=(const CopyableSecret& other) {
        Secret::operator=(other.copy());
        return *this;
    }
    CopyableSecret& operator=(CopyableSecret&&) noexcept = default;
    ~CopyableSecret() = default;

    /// Compares the texts; where they came from does not matter.
    friend bool operator==(const CopyableSecret& a, const CopyableSecret& b) noexcept {
        return a.reveal() == b.reveal();
    }
};

}  // namespace ferrotunnel::detail
