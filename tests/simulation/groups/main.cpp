// Runs seeds of the simulation of groups and held ports.
//
//   group_simulation --seeds FROM COUNT             a range; FERROTUNNEL_SEEDS in the environment overrides COUNT
//   group_simulation --seed N                       one seed, told step by step
//   group_simulation ... --mutant NAME [--every N]  with a planted bug that strikes at each N-th visit
//   group_simulation ... --expect-failure           success means that some seed fails: for mutants
//
// A seed that fails is printed with the command that replays it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "directory/mutant.hpp"
#include "simulation/groups/group_world.hpp"
#include "simulation/groups/port_world.hpp"

namespace {

using namespace ferrotunnel;
using directory::Mutant;

struct Options {
    std::uint64_t from = 1;
    std::uint64_t count = 1'000;
    bool verbose = false;
    bool expect_failure = false;
    std::string mutant = "none";
    std::uint32_t every = 1;
};

struct MutantName {
    const char* name;
    Mutant mutant;
};

constexpr MutantName mutant_names[] = {
    {"none", Mutant::none},
    {"gone_kept", Mutant::gone_kept},
    {"unhealthy_takes", Mutant::unhealthy_takes},
    {"standby_takes", Mutant::standby_takes},
    {"early_return", Mutant::early_return},
    {"tag_forgotten", Mutant::tag_forgotten},
    {"seat_forgotten", Mutant::seat_forgotten},
    {"uncounted_end", Mutant::uncounted_end},
    {"unreleased", Mutant::unreleased},
    {"never_given_up", Mutant::never_given_up},
};

[[noreturn]] void usage() {
    std::fprintf(stderr,
                 "usage: group_simulation [--seeds FROM COUNT | --seed N] [--mutant NAME] [--every N] "
                 "[--expect-failure]\n");
    std::exit(2);
}

Options parse(int argc, char** argv) {
    Options options;
    const char* const wanted = std::getenv("FERROTUNNEL_SEEDS");
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        const auto number = [&]() -> std::uint64_t {
            if (++i == argc) {
                usage();
            }
            return std::strtoull(argv[i], nullptr, 10);
        };
        if (option == "--seeds") {
            options.from = number();
            options.count = number();
        } else if (option == "--seed") {
            options.from = number();
            options.count = 1;
            options.verbose = true;
        } else if (option == "--mutant" && i + 1 < argc) {
            options.mutant = argv[++i];
        } else if (option == "--every") {
            options.every = static_cast<std::uint32_t>(number());
        } else if (option == "--expect-failure") {
            options.expect_failure = true;
        } else {
            usage();
        }
    }
    if (wanted != nullptr && !options.verbose) {
        options.count = std::strtoull(wanted, nullptr, 10);
    }
    return options;
}

void choose_mutant(const Options& options) {
    for (const MutantName& known : mutant_names) {
        if (options.mutant == known.name) {
            directory::mutant_choice.active = known.mutant;
            directory::mutant_choice.period = options.every == 0 ? 1 : options.every;
            return;
        }
    }
    std::fprintf(stderr, "no such mutant: %s\n", options.mutant.c_str());
    std::exit(2);
}

/// What is broken; nothing: all is well.
std::optional<std::string> run_seed(std::uint64_t seed, simulation::GroupCounts& counts, bool verbose) {
    directory::mutant_choice.visits = 0;
    try {
        simulation::GroupWorld(seed, counts, verbose).run();
        simulation::PortWorld(seed, counts, verbose).run();
    } catch (const std::exception& error) {
        return error.what();
    }
    return std::nullopt;
}

/// True if a seed failed.
bool run_seeds(const Options& options) {
    simulation::GroupCounts counts;
    for (std::uint64_t seed = options.from; seed < options.from + options.count; ++seed) {
        if (const auto broken = run_seed(seed, counts, options.verbose)) {
            const std::string mutant =
                options.mutant == "none" ? std::string()
                                         : " --mutant " + options.mutant + " --every " + std::to_string(options.every);
            std::printf("seed %llu FAILED: %s\nreplay: group_simulation --seed %llu%s\n",
                        static_cast<unsigned long long>(seed), broken->c_str(), static_cast<unsigned long long>(seed),
                        mutant.c_str());
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
    const Options options = parse(argc, argv);
    choose_mutant(options);
    set_abort_on_bug(false);
    return run_seeds(options) == options.expect_failure ? 0 : 1;
}
