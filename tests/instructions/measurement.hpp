// What is counted of a scenario: instructions, by callgrind from outside, and allocations, by this program's operator
// new. Only what lies between begin() and end() counts, and not what `Uncounted` encloses.
#pragma once

#include <cstdint>

namespace ferrotunnel::instructions::measurement {

void begin() noexcept;
void end() noexcept;
/// Calls of operator new while counting.
std::uint64_t allocations() noexcept;

/// Suspends counting, if it runs, for what is the scenario's own work and not the library's.
class Uncounted {
public:
    Uncounted() noexcept;
    ~Uncounted();
    Uncounted(const Uncounted&) = delete;
    Uncounted& operator=(const Uncounted&) = delete;

private:
    bool counted_;
};

}  // namespace ferrotunnel::instructions::measurement
