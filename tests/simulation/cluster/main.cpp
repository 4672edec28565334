// Runs seeds of the simulation of a cluster.
//
//   cluster_simulation --seeds FROM COUNT             a range; FERROTUNNEL_SEEDS in the environment overrides COUNT
//   cluster_simulation --seed N                       one seed, with all its events
//   cluster_simulation ... --mutant NAME [--every N]  with a planted bug that strikes at each N-th visit
//   cluster_simulation ... --expect-failure           success means that some seed fails: for mutants
//   cluster_simulation --etcd ...                     an etcd decides about names, in the place of homes
//
// A seed that fails is printed with the command that replays it, and its last events.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "cluster/mutant.hpp"
#include "etcd_store/mutant.hpp"
#include "simulation/cluster/cluster_world.hpp"
#include "simulation/run_options.hpp"

namespace {

using namespace ferrotunnel;
using ferrotunnel::cluster::Mutant;
using simulation::ClusterCounts;
using simulation::ClusterWorld;
using simulation::RunOptions;

template <typename Which>
struct MutantName {
    const char* name;
    Which mutant;
};

constexpr MutantName<Mutant> mutant_names[] = {
    {"none", Mutant::none},
    {"stale_route", Mutant::stale_route},
    {"two_homes", Mutant::two_homes},
    {"reordered_claim", Mutant::reordered_claim},
    {"forgotten_pending", Mutant::forgotten_pending},
    {"early_recovery", Mutant::early_recovery},
    {"provisional_kept", Mutant::provisional_kept},
    {"sync_keeps", Mutant::sync_keeps},
    {"older_loses", Mutant::older_loses},
    {"unlinked_routes", Mutant::unlinked_routes},
    {"silent_probe", Mutant::silent_probe},
    {"lost_ignored", Mutant::lost_ignored},
    {"orphan_kept", Mutant::orphan_kept},
    {"late_alone", Mutant::late_alone},
    {"hop_of_a_hop", Mutant::hop_of_a_hop},
    {"earlier_value_wins", Mutant::earlier_value_wins},
    {"removed_value_revived", Mutant::removed_value_revived},
    {"lifetime_restarted", Mutant::lifetime_restarted},
    {"value_not_passed_on", Mutant::value_not_passed_on},
    {"lost_link_knows", Mutant::lost_link_knows},
    {"early_routes_written", Mutant::early_routes_written},
    {"own_end_unreported", Mutant::own_end_unreported},
    {"unreachable_kept", Mutant::unreachable_kept},
    {"away_refuses", Mutant::away_refuses},
    {"loss_unconfirmed", Mutant::loss_unconfirmed},
};

using StoreMutant = etcd_store::Mutant;
constexpr MutantName<StoreMutant> store_mutant_names[] = {
    {"lost_lease", StoreMutant::lost_lease},
    {"delayed_renewal", StoreMutant::delayed_renewal},
    {"backward_revision", StoreMutant::backward_revision},
    {"foreign_release", StoreMutant::foreign_release},
    {"others_ignored", StoreMutant::others_ignored},
    {"owners_ignored", StoreMutant::owners_ignored},
    {"old_answer", StoreMutant::old_answer},
    {"unanswered_kept", StoreMutant::unanswered_kept},
};

struct Run {
    RunOptions options;
    bool has_store = false;
};

constexpr std::size_t last_lines = 120;

/// What is broken; nothing: all is well. With `lines_max` the last events are printed.
std::optional<std::string> run_seed(std::uint64_t seed, bool has_store, ClusterCounts& counts, std::size_t lines_max) {
    mutant_choice<Mutant>.visits = 0;
    mutant_choice<StoreMutant>.visits = 0;
    ClusterWorld world(seed, has_store, counts, lines_max > 0);
    std::optional<std::string> broken;
    try {
        world.run();
    } catch (const std::exception& error) {
        broken = error.what();
    }
    const auto& lines = world.lines();
    for (std::size_t i = lines.size() - std::min(lines.size(), lines_max); i < lines.size(); ++i) {
        std::printf("%s\n", lines[i].c_str());
    }
    return broken;
}

void print_counts(const RunOptions& options, const ClusterCounts& counts) {
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%llu seeds passed: %llu claims, %llu granted, %llu of them provisionally, %llu refused, %llu for now; %llu "
        "revoked; %llu visitors, %llu served, %llu forwarded; %llu changes of values; %llu messages on %llu links; "
        "%llu crashes, %llu hangs, "
        "%llu partitions; two tokens: %llu by a home that has started, %llu by an old table\n",
        number(options.count), number(counts.claims), number(counts.granted), number(counts.provisional),
        number(counts.refused), number(counts.refused_for_now), number(counts.revoked), number(counts.visitors),
        number(counts.served), number(counts.forwarded), number(counts.values), number(counts.messages),
        number(counts.links), number(counts.crashes), number(counts.hangs), number(counts.partitions),
        number(counts.home_restarted), number(counts.stale_provisional));
    std::printf(
        "%llu faults of etcd; %llu times a member has lost what it had there; %llu times two had a name after that\n",
        number(counts.etcd_faults), number(counts.losses), number(counts.lost_leases));
}

/// True if a seed failed.
bool run_seeds(const Run& run) {
    const RunOptions& options = run.options;
    ClusterCounts counts;
    for (std::uint64_t seed = options.from; seed < options.from + options.count; ++seed) {
        if (const auto broken = run_seed(seed, run.has_store, counts, options.verbose ? std::size_t(-1) : 0)) {
            if (!options.verbose && !options.expect_failure) {
                ClusterCounts again;
                run_seed(seed, run.has_store, again, last_lines);
            }
            std::printf("seed %llu FAILED: %s\nreplay: %s\n", static_cast<unsigned long long>(seed), broken->c_str(),
                        options.replay(seed).c_str());
            return true;
        }
    }
    print_counts(options, counts);
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<char*> arguments(argv, argv + argc);
    const bool has_store =
        std::erase_if(arguments, [](const char* one) { return std::string_view(one) == "--etcd"; }) > 0;
    const Run run{simulation::parse_run_options(has_store ? "cluster_simulation --etcd" : "cluster_simulation",
                                                static_cast<int>(arguments.size()), arguments.data()),
                  has_store};
    const bool is_of_store = std::any_of(std::begin(store_mutant_names), std::end(store_mutant_names),
                                         [&run](const auto& known) { return run.options.mutant == known.name; });
    if (is_of_store) {
        simulation::choose_mutant(run.options, store_mutant_names, mutant_choice<StoreMutant>);
    } else {
        simulation::choose_mutant(run.options, mutant_names, mutant_choice<Mutant>);
    }
    set_abort_on_bug(false);
    return run_seeds(run) == run.options.expect_failure ? 0 : 1;
}
