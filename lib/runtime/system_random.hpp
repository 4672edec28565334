// The production source of randomness: the kernel's.
#pragma once

#include "base/random.hpp"

namespace ferrotunnel::runtime {

class SystemRandom final : public Random {
public:
    /// Throws std::system_error if the kernel has no randomness, which never happens.
    void fill(MutableBytes out) override;
};

/// The one instance for all users; any thread.
SystemRandom& system_random() noexcept;

}  // namespace ferrotunnel::runtime
