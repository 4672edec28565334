// Command-line options of the runners of simulations, the same for each of them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ferrotunnel::simulation {

struct RunOptions {
    const char* program;
    std::uint64_t from = 1;
    std::uint64_t count = 1'000;
    bool verbose = false;
    bool expect_failure = false;
    std::string mutant = "none";
    std::uint32_t every = 1;

    /// The command that runs the seed again, printed step by step.
    std::string replay(std::uint64_t seed) const {
        std::string command = std::string(program) + " --seed " + std::to_string(seed);
        if (mutant != "none") {
            command += " --mutant " + mutant + " --every " + std::to_string(every);
        }
        return command;
    }
};

[[noreturn]] inline void print_usage(const char* program) {
    std::fprintf(stderr, "usage: %s [--seeds FROM COUNT | --seed N] [--mutant NAME] [--every N] [--expect-failure]\n",
                 program);
    std::exit(2);
}

/// FERROTUNNEL_SEEDS in the environment overrides the count of seeds, unless it is one seed.
inline RunOptions parse_run_options(const char* program, int argc, char** argv) {
    RunOptions options{program};
    const char* const wanted = std::getenv("FERROTUNNEL_SEEDS");
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        const auto number = [&]() -> std::uint64_t {
            if (++i == argc) {
                print_usage(program);
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
            print_usage(program);
        }
    }
    if (wanted != nullptr && !options.verbose) {
        options.count = std::strtoull(wanted, nullptr, 10);
    }
    return options;
}

/// Sets `choice`, the planted bugs of a folder of lib/, to the one of `names` that the options name.
template <typename Names, typename Choice>
void choose_mutant(const RunOptions& options, const Names& names, Choice& choice) {
    for (const auto& known : names) {
        if (options.mutant == known.name) {
            choice.active = known.mutant;
            choice.period = options.every == 0 ? 1 : options.every;
            return;
        }
    }
    std::fprintf(stderr, "no such mutant: %s\n", options.mutant.c_str());
    std::exit(2);
}

}  // namespace ferrotunnel::simulation
