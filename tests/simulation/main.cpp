// Runs seeds of the simulation.
//
//   simulation --seeds FROM COUNT             a range; FERROTUNNEL_SEEDS in the environment overrides COUNT
//   simulation --seed N                       one seed, printed line by line
//   simulation ... --mutant NAME [--every N]  with a planted bug that strikes at each N-th visit
//   simulation ... --expect-failure           success means that some seed fails: for mutants
//
// A seed that fails is printed with the command that replays it. Crashes and endless loops count as failures of their
// seed, and so does a seed that costs far more processor time than its steps explain, as when something walks a list
// that only grows.
#include <sys/time.h>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include <unistd.h>

#include "base/check.hpp"
#include "mux/mutant.hpp"
#include "simulation/run_options.hpp"
#include "simulation/seed_costs.hpp"
#include "simulation/simulation.hpp"

namespace {

using namespace ferrotunnel;
using simulation::RunOptions;

struct MutantName {
    const char* name;
    mux::Mutant mutant;
};

constexpr MutantName mutant_names[] = {
    {"none", mux::Mutant::none},
    {"lost_credit", mux::Mutant::lost_credit},
    {"doubled_slice", mux::Mutant::doubled_slice},
    {"skipped_wake", mux::Mutant::skipped_wake},
    {"fin_before_data", mux::Mutant::fin_before_data},
    {"leaked_budget", mux::Mutant::leaked_budget},
    {"lost_abort", mux::Mutant::lost_abort},
    {"credit_cost_forgotten", mux::Mutant::credit_cost_forgotten},
    {"stuck_ready_flag", mux::Mutant::stuck_ready_flag},
    {"lost_room_wake", mux::Mutant::lost_room_wake},
    {"reset_before_data", mux::Mutant::reset_before_data},
    {"doubled_credit", mux::Mutant::doubled_credit},
    {"leaked_slab", mux::Mutant::leaked_slab},
    {"growing_walk", mux::Mutant::growing_walk},
    {"forgotten_piece", mux::Mutant::forgotten_piece},
    {"resent_too_late", mux::Mutant::resent_too_late},
    {"fresh_first", mux::Mutant::fresh_first},
    {"early_confirm", mux::Mutant::early_confirm},
    {"silent_bound", mux::Mutant::silent_bound},
    {"unconfirmed", mux::Mutant::unconfirmed},
};

// What the handlers below need to know; they run when nothing else can be trusted.
std::uint64_t current_seed = 0;
const RunOptions* current_options = nullptr;

[[noreturn]] void stop_failed(const char* what) {
    std::printf("seed %llu FAILED: %s\nreplay: %s\n", static_cast<unsigned long long>(current_seed), what,
                current_options->replay(current_seed).c_str());
    std::fflush(stdout);
    _exit(current_options->expect_failure ? 0 : 1);
}

// Limits the CPU time of this process, since a busy machine must not fail a seed. 0 lifts the limit.
void limit_cpu(time_t seconds) {
    itimerval limit{};
    limit.it_value.tv_sec = seconds;
    setitimer(ITIMER_VIRTUAL, &limit, nullptr);
}

void on_signal(int signal) {
    stop_failed(signal == SIGVTALRM ? "it does not end (60 s of CPU)"
                : signal == SIGSEGV ? "segmentation fault"
                                    : "aborted");
}

void on_terminate() {
    try {
        if (auto current = std::current_exception()) {
            std::rethrow_exception(current);
        }
    } catch (const std::exception& error) {
        stop_failed(error.what());
    } catch (...) {
    }
    stop_failed("terminated");
}

simulation::Outcome run_seed(std::uint64_t seed, bool verbose) {
    mutant_choice<mux::Mutant>.visits = 0;
    simulation::Outcome outcome;
    try {
        simulation::Simulation simulation(seed, verbose);
        outcome = simulation.run();
    } catch (const std::exception& error) {
        outcome.violation = error.what();
    }
    return outcome;
}

// True if a seed failed.
bool run_seeds(const RunOptions& options) {
    simulation::Outcome total;
    simulation::SeedCosts costs;
    std::uint64_t survived = 0;
    for (std::uint64_t seed = options.from; seed < options.from + options.count; ++seed) {
        current_seed = seed;
        limit_cpu(60);
        const double began = simulation::SeedCosts::cpu_seconds();
        simulation::Outcome outcome = run_seed(seed, options.verbose);
        auto too_dear = costs.add(seed, simulation::SeedCosts::cpu_seconds() - began, outcome.steps);
        if (!outcome.violation) {
            outcome.violation = std::move(too_dear);
        }
        if (outcome.violation) {
            std::printf("seed %llu FAILED: %s\nreplay: %s\n", static_cast<unsigned long long>(seed),
                        outcome.violation->c_str(), options.replay(seed).c_str());
            return true;
        }
        total.steps += outcome.steps;
        total.payload += outcome.payload;
        total.opened += outcome.opened;
        total.refused += outcome.refused;
        total.ended_by_fin += outcome.ended_by_fin;
        total.resumed += outcome.resumed;
        total.simulated_seconds += outcome.simulated_seconds;
        survived += outcome.survived ? 1 : 0;
    }
    limit_cpu(0);
    std::printf(
        "%llu seeds passed (%llu sessions lived to their drain): %llu streams opened, %llu not, %llu ended by FIN both "
        "ways; %.1f MiB of payload, %llu resumed, %llu steps, %.0f simulated seconds\n",
        static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(survived),
        static_cast<unsigned long long>(total.opened), static_cast<unsigned long long>(total.refused),
        static_cast<unsigned long long>(total.ended_by_fin), static_cast<double>(total.payload) / 1048576.0,
        static_cast<unsigned long long>(total.resumed), static_cast<unsigned long long>(total.steps),
        total.simulated_seconds);
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    const RunOptions options = simulation::parse_run_options("simulation", argc, argv);
    current_options = &options;
    simulation::choose_mutant(options, mutant_names, mutant_choice<mux::Mutant>);
    set_abort_on_bug(false);
    std::set_terminate(on_terminate);
    for (int signal : {SIGVTALRM, SIGSEGV, SIGABRT}) {
        std::signal(signal, on_signal);
    }
    bool failed = run_seeds(options);
    return failed == options.expect_failure ? 0 : 1;
}
