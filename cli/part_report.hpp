// Reports what applying settings has changed: the library's report as texts, and the program's own settings.
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
        report.keys.push_back(change.key + (change.name.empty() ? "" : '[' + change.name + ']'));
    }
    report.needs_restart = applied.needs_restart;
    report.same = applied.same;
    for (const Problem& problem : applied.problems) {
        report.problems.push_back(to_text(problem));
    }
    return report;
}

/// Adds the program's own settings that differ. `side`: "server" or "client".
template <typename Plan>
void add_program_changes(const std::string& side, const Plan& next, const Plan& plan, PartReport& report) {
    if (next.common.drain != plan.common.drain) {
        report.applied.push_back(side + ".drain changed");
        report.keys.push_back(side + ".drain");
    }
    if constexpr (requires { plan.linger; }) {  // only a client has it
        if (next.linger != plan.linger) {
            report.applied.push_back(side + ".linger changed");
            report.keys.push_back(side + ".linger");
        }
    }
    if (next.endpoint_file != plan.endpoint_file) {
        report.needs_restart.push_back(side + ".endpoint_file");
    }
    if (next.common.log_format != plan.common.log_format) {
        report.needs_restart.emplace_back("log.format");
    }
}

}  // namespace ferrotunnel::cli
