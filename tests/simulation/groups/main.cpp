// Runs seeds of the simulation of groups and held ports.
//
//   group_simulation --seeds FROM COUNT             a range; FERROTUNNEL_SEEDS in the environment overrides COUNT
//   group_simulation --seed N                       one seed, printed step by step
//   group_simulation ... --mutant NAME [--every N]  with a planted bug that strikes at each N-th visit
//   group_simulation ... --expect-failure           success means that some seed fails: for mutants
//
// A seed that fails is printed with the command that replays it.
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "base/check.hpp"
#include "directory/mutant.hpp"
#include "simulation/groups/group_world.hpp"
#include "simulation/groups/port_world.hpp"
#include "simulation/run_options.hpp"

namespace {

using namespace ferrotunnel;
using directory::Mutant;
using simulation::RunOptions;

struct MutantName {
    const char* name;
    Mutant mutant;
};

constexpr MutantName mutant_names[] = {
    {"none", Mutant::none},
    {"gone_kept", Mutant::gone_kept},
    {"unhealthy_takes", Mutant::unhealthy_takes},
    {"waiting_takes", Mutant::waiting_takes},
    {"standby_takes", Mutant::standby_takes},
    {"early_return", Mutant::early_return},
    {"tag_forgotten", Mutant::tag_forgotten},
    {"slot_forgotten", Mutant::slot_forgotten},
    {"uncounted_end", Mutant::uncounted_end},
    {"unreleased", Mutant::unreleased},
    {"never_given_up", Mutant::never_given_up},
};

/// What is broken; nothing: all is well.
std::optional<std::string> run_seed(std::uint64_t seed, simulation::GroupCounts& counts, bool verbose) {
    mutant_choice<Mutant>.visits = 0;
    try {
        simulation::GroupWorld(seed, counts, verbose).run();
        simulation::PortWorld(seed, counts, verbose).run();
    } catch (const std::exception& error) {
        return error.what();
    }
    return std::nullopt;
}

/// True if a seed failed.
bool run_seeds(const RunOptions& options) {
    simulation::GroupCounts counts;
    for (std::uint64_t seed = options.from; seed < options.from + options.count; ++seed) {
        if (const auto broken = run_seed(seed, counts, options.verbose)) {
            std::printf("seed %llu FAILED: %s\nreplay: %s\n", static_cast<unsigned long long>(seed), broken->c_str(),
                        options.replay(seed).c_str());
            return true;
        }
    }
    std::printf(
        "%llu seeds passed: %llu visitors, %llu refused, %llu stayed with whom they had, %llu waited; %llu hand-overs, "
        "%llu ejections, %llu returns\n",
        static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(counts.visitors),
        static_cast<unsigned long long>(counts.refused), static_cast<unsigned long long>(counts.stayed),
        static_cast<unsigned long long>(counts.waited), static_cast<unsigned long long>(counts.handed_over),
        static_cast<unsigned long long>(counts.ejected), static_cast<unsigned long long>(counts.returned));
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    const RunOptions options = simulation::parse_run_options("group_simulation", argc, argv);
    simulation::choose_mutant(options, mutant_names, mutant_choice<Mutant>);
    set_abort_on_bug(false);
    return run_seeds(options) == options.expect_failure ? 0 : 1;
}
