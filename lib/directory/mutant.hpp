// Planted bugs of groups and of ports that are held. The simulation of groups must find each of them, or else it proves
// nothing. As with those of lib/mux: in a normal build `mutant(...)` is the constant false, and tests/simulation/groups
// compiles this folder a second time with FERROTUNNEL_MUTANTS.
#pragma once

#include <cstdint>

namespace ferrotunnel::directory {

enum class Mutant : std::uint8_t {
    none,
    gone_kept,        // a trunk that leaves is still a carrier
    unhealthy_takes,  // a carrier takes visitors although what is behind it is unhealthy
    standby_takes,    // a member on standby gets visitors while others are there
    early_return,     // a member that is ejected gets visitors before its time is over
    tag_forgotten,    // the cookie of a visitor is not looked at
    seat_forgotten,   // a successor has a seat of its own
    uncounted_end,    // a visitor goes, and still counts at its member
    unreleased,       // those in line are not given out when a client has come
    never_given_up,   // a port for which the time is over is held on
};

#ifdef FERROTUNNEL_MUTANTS

/// The bug that the runner chose. Only one thread at a time uses groups in the simulation.
struct MutantChoice {
    Mutant active = Mutant::none;
    std::uint32_t period = 1;  // strikes at every period-th visit
    std::uint32_t visits = 0;
};
inline MutantChoice mutant_choice;

inline bool mutant(Mutant which) noexcept {
    return which == mutant_choice.active && ++mutant_choice.visits % mutant_choice.period == 0;
}

#else

constexpr bool mutant(Mutant) noexcept {
    return false;
}

#endif

}  // namespace ferrotunnel::directory
