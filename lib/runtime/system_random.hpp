// The production source of randomness: the kernel's.
#pragma once

#include "base/random.hpp"

namespace ferrotunnel::runtime {

class SystemRandom final : public Random {
public:
    /// Throws std::system_error when the kernel has none, which it always has.
    void fill(MutableBytes out) override;
};

/// One for everybody; any thread.
SystemRandom& system_random() noexcept;

}  // namespace ferrotunnel::runtime
