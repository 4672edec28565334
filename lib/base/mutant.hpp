// Planted bugs for simulations, which must find each of them, or else they prove nothing.
//
// A folder with planted bugs names them in an enum class `Mutant`, whose first is `none`, and calls
// `mutant(Mutant::lost)` where the bug would occur. In a normal build this call is the constant false, and its branches
// are removed. A simulation compiles the folder a second time with FERROTUNNEL_MUTANTS, where its runner chooses one
// bug and how often it occurs.
#pragma once

#include <cstdint>

namespace ferrotunnel {

#ifdef FERROTUNNEL_MUTANTS

/// The bug chosen by the runner. Not atomic, since only one thread at a time uses the simulated code.
template <typename Mutant>
struct MutantChoice {
    Mutant active = Mutant::none;
    std::uint32_t period = 1;  // occurs at every period-th call
    std::uint32_t visits = 0;
};
template <typename Mutant>
inline MutantChoice<Mutant> mutant_choice{};

template <typename Mutant>
bool mutant(Mutant which) noexcept {
    MutantChoice<Mutant>& choice = mutant_choice<Mutant>;
    return which == choice.active && ++choice.visits % choice.period == 0;
}

#else

template <typename Mutant>
constexpr bool mutant(Mutant) noexcept {
    return false;
}

#endif

}  // namespace ferrotunnel
