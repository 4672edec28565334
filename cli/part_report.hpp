// What a part says after its settings were applied: the library's report as texts, and the settings of the program.
#pragma once

#include <string>
#include <string_view>

#include "common_settings.hpp"
#include "ferrotunnel/apply.hpp"
#include "run.hpp"

namespace ferrotunnel::cli {

inline PartReport report_of(const ApplyReport& applied) {
    PartReport report;
    for (const ApplyReport::Change& change : applied.applied) {
        report.applied.push_back(to_text(change));
    }
    report.needs_restart = applied.needs_restart;
    for (const Problem& problem : applied.problems) {
        report.problems.push_back(to_text(problem));
    }
    return report;
}

/// Takes over what the program itself can change while it runs, and names what it can not. `side`: "server" or
/// "client".
template <typename Plan>
void take_program_settings(const std::string& side, const Plan& next, Plan& plan, PartReport& report) {
    if (next.common.drain != plan.common.drain) {
        plan.common.drain = next.common.drain;
        report.applied.push_back(side + ".drain changed");
    }
    if (next.endpoint_file != plan.endpoint_file) {
        report.needs_restart.push_back(side + ".endpoint_file");
    }
    if (next.common.log_format != plan.common.log_format) {
        report.needs_restart.emplace_back("log.format");
    }
}

}  // namespace ferrotunnel::cli
