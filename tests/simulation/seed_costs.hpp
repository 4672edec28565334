// The costs of seeds, to find one that costs far more than its steps explain: in it something walks a list that only
// grows.
//
// Costs are CPU time, so that a busy machine changes all of them alike, and per step, since seeds differ in size by
// three orders of magnitude. Of a thousand seeds the most expensive costs 5 times the median per step; one in which a
// session walked its queues again with each read cost 43 times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <time.h>

namespace ferrotunnel::simulation {

class SeedCosts {
public:
    /// A seed is too dear if it costs this many times the median.
    static constexpr double too_dear = 20;
    /// Kernels account CPU time in steps of some milliseconds: what costs less than this is not judged.
    static constexpr double seconds_min = 0.1;
    /// Before this many seeds have run there is no median to speak of.
    static constexpr std::size_t seeds_min = 20;

    static double cpu_seconds() noexcept {
        timespec now{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
    }

    /// Adds the cost of a seed. Says why this seed, or an earlier one that could not be judged before, is too dear.
    std::optional<std::string> add(std::uint64_t seed, double seconds, std::uint64_t steps) {
        const double per_step = seconds / static_cast<double>(std::max<std::uint64_t>(steps, 1));
        per_step_.push_back(per_step);
        if (seconds >= seconds_min) {
            unjudged_.push_back({seed, per_step});
        }
        return per_step_.size() < seeds_min ? std::nullopt : judge();
    }

private:
    struct Cost {
        std::uint64_t seed;
        double per_step;
    };

    std::optional<std::string> judge() {
        std::optional<std::string> why;
        if (!unjudged_.empty()) {
            const auto middle = per_step_.begin() + static_cast<std::ptrdiff_t>(per_step_.size() / 2);
            std::nth_element(per_step_.begin(), middle, per_step_.end());
            for (const Cost& cost : unjudged_) {
                if (cost.per_step > too_dear * *middle) {
                    why = "seed " + std::to_string(cost.seed) +
                          " is too dear: " + std::to_string(cost.per_step / *middle) +
                          " times as much CPU a step as the median of " + std::to_string(per_step_.size()) +
                          " seeds: look for work that grows with what is queued";
                }
            }
            unjudged_.clear();
        }
        return why;
    }

    std::vector<double> per_step_;
    std::vector<Cost> unjudged_;
};

}  // namespace ferrotunnel::simulation
