// Runs checks side by side, in the order of what they need, within one deadline.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "doctor/finding.hpp"

namespace ferrotunnel::cli::doctor {

using Deadline = std::chrono::steady_clock::time_point;

/// The earlier of `deadline` and a time from now.
inline Deadline within(std::chrono::milliseconds time, Deadline deadline) {
    return std::min(deadline, std::chrono::steady_clock::now() + time);
}

struct Check {
    std::string side;
    std::string name;
    /// Checks of the same side, listed before this one, that must end first. If one of them finds an error or has only
    /// skipped, this one is skipped.
    std::vector<std::string> needs;
    /// Checks that must only end first.
    std::vector<std::string> after;
    /// Runs on a thread of its own, and returns before the deadline. What it uses must outlive a late return: it owns
    /// it. What it changes is seen by the checks that wait for it.
    std::function<Findings(Deadline)> run;
};

struct Examination {
    std::vector<Result> results;  // in the order of the checks
    std::vector<bool> is_late;    // of each check; its thread still runs

    /// False: the process must end without destroying what the late checks use.
    bool all_ended() const { return std::find(is_late.begin(), is_late.end(), true) == is_late.end(); }
};

Examination run_checks(std::vector<Check> checks, std::chrono::milliseconds limit);

}  // namespace ferrotunnel::cli::doctor
