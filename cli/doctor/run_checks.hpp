// Runs checks side by side, in the order of what they need, within one deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "doctor/finding.hpp"

namespace ferrotunnel::cli::doctor {

using Deadline = std::chrono::steady_clock::time_point;

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
    bool all_ended = true;        // false: the process must end without destroying what the late checks use
};

Examination run_checks(std::vector<Check> checks, std::chrono::milliseconds limit);

}  // namespace ferrotunnel::cli::doctor
