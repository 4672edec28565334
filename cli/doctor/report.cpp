#include "doctor/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "printable.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

std::string_view mark_of(Severity severity) {
    switch (severity) {
        case Severity::good:
            return "ok";
        case Severity::skipped:
            return "-";
        case Severity::note:
            return "note";
        case Severity::warning:
            return "WARNING";
        case Severity::error:
            break;
    }
    return "ERROR";
}

std::size_t count_of(const std::vector<Result>& results, Severity severity) {
    std::size_t count = 0;
    for (const Result& result : results) {
        count += static_cast<std::size_t>(std::ranges::count(result.findings, severity, &Finding::severity));
    }
    return count;
}

std::string summary_of(const std::vector<Result>& results) {
    const std::size_t errors = count_of(results, Severity::error);
    const std::size_t warnings = count_of(results, Severity::warning);
    if (errors == 0 && warnings == 0) {
        return "Nothing stands in the way of the tunnel.\n";
    }
    if (warnings == 0 || errors == 0) {
        return (errors == 0 ? counted(warnings, "warning") : counted(errors, "error")) + ".\n";
    }
    return counted(errors, "error") + ", " + counted(warnings, "warning") + ".\n";
}

}  // namespace

std::string counted(std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string_view name_of(Severity severity) {
    constexpr std::string_view names[] = {"good", "skipped", "note", "warning", "error"};
    return names[static_cast<std::size_t>(severity)];
}

Severity worst_of(const std::vector<Result>& results) {
    Severity worst = Severity::good;
    for (const Result& result : results) {
        for (const Finding& finding : result.findings) {
            worst = std::max(worst, finding.severity);
        }
    }
    return worst;
}

ExitCode exit_code_of(Severity worst) {
    return worst == Severity::error ? ExitCode::faulty : worst == Severity::warning ? ExitCode::warned : ExitCode::ok;
}

std::string text_of(const std::vector<Result>& results, const std::vector<std::string>& titles) {
    std::string text;
    std::string side;
    std::size_t sides = 0;
    for (const Result& result : results) {
        if (result.side != side || sides == 0) {
            side = result.side;
            text += sides < titles.size() ? printable(titles[sides]) + '\n' : "";
            ++sides;
        }
        for (const Finding& finding : result.findings) {
            const std::string line = finding.remedy.empty() ? finding.what : finding.what + ' ' + finding.remedy;
            text += fmt::format("  {:<7}  {:<12}  {}\n", mark_of(finding.severity), result.check, printable(line));
        }
    }
    return text + summary_of(results);
}

std::string json_of(const std::vector<Result>& results) {
    using Json = nlohmann::ordered_json;
    Json checks = Json::array();
    for (const Result& result : results) {
        for (const Finding& finding : result.findings) {
            checks.push_back({{"side", result.side},
                              {"check", result.check},
                              {"severity", name_of(finding.severity)},
                              {"what", finding.what},
                              {"remedy", finding.remedy}});
        }
    }
    const Json report{{"severity", name_of(worst_of(results))}, {"checks", std::move(checks)}};
    return report.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace ferrotunnel::cli::doctor
