// The report of `ferrotunnel doctor`: a line for each finding, or JSON, and the exit code.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.hpp"
#include "exit_code.hpp"

namespace ferrotunnel::cli::doctor {

/// "1 warning", "2 warnings".
std::string counted(std::size_t number, std::string_view what);

/// "good", "skipped", "note", "warning" or "error".
std::string_view name_of(Severity severity);

/// The highest severity of all findings; `good` if there are none.
Severity worst_of(const std::vector<Result>& results);

ExitCode exit_code_of(Severity worst);

/// One line for each finding, below a title for each side, and a summary. `titles`: one for each side that has
/// results, "client of tunnel.example.com:7835".
std::string text_of(const std::vector<Result>& results, const std::vector<std::string>& titles);

/// One line: {"severity": ..., "checks": [{"side", "check", "severity", "what", "remedy"}, ...]}.
std::string json_of(const std::vector<Result>& results);

}  // namespace ferrotunnel::cli::doctor
