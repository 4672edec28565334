#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "printable.hpp"

namespace ferrotunnel::cli {

void Problems::add(std::string place, std::string text) {
    list_.push_back({std::move(place), std::move(text)});
}

bool Problems::about(std::string_view place) const {
    return std::any_of(list_.begin(), list_.end(), [place](const Problem& problem) { return problem.place == place; });
}

void Problems::print(std::FILE* to, std::string_view command) const {
    const std::string program = command.empty() ? "ferrotunnel" : fmt::format("ferrotunnel {}", command);
    fmt::print(to, "{}: {}\n", program, list_.size() == 1 ? "a problem" : fmt::format("{} problems", list_.size()));
    for (const Problem& problem : list_) {
        fmt::print(to, "  {}: {}\n", printable(problem.place), printable(problem.text));
    }
    fmt::print(to, "Nothing was started. `{} --help` explains the options.\n", program);
}

}  // namespace ferrotunnel::cli
