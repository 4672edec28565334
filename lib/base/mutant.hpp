// Planted bugs. A simulation must find each of them, or else it proves nothing.
//
// A folder that has some names them in an enum class `Mutant`, whose first is `none`, and asks `mutant(Mutant::lost)`
// where the bug would strike. In a normal build that is the constant false, and its branches vanish. A simulation
// compiles the folder a second time with FERROTUNNEL_MUTANTS, where its runner chooses one bug and how often it
// strikes.
#pragma once

#include <cstdint>

namespace ferrotunnel {

#ifdef FERROTUNNEL_MUTANTS

/// The bug that the runner chose. Only one thread at a time uses what is simulated.
template <typename Mutant>
struct MutantChoice {
    Mutant active = Mutant::none;
    std::uint32_t period = 1;  // strikes at every period-th visit
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
