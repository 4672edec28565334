#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {

void Problems::add(std::string place, std::string text) {
    if (!excused_.contains(place)) {
        list_.push_back({std::move(place), std::move(text)});
    }
}

void Problems::excuse(std::string place) {
    if (!place.empty()) {
        excused_.insert(std::move(place));
    }
}

void Problems::add(const ferrotunnel::Problem& problem) {
    of_files_.push_back(problem);
}

bool Problems::about(std::string_view place) const {
    return excused_.contains(place) ||
           std::any_of(list_.begin(), list_.end(), [place](const Item& item) { return item.place == place; });
}

std::vector<std::string> Problems::lines() const {
    std::vector<std::string> lines;
    for (const Item& item : list_) {
        lines.push_back(printable(item.place) + ": " + printable(item.text));
    }
    std::vector<ferrotunnel::Problem> sorted = of_files_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const ferrotunnel::Problem& a, const ferrotunnel::Problem& b) {
        return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    for (const ferrotunnel::Problem& problem : sorted) {
        std::string line = printable(to_text(problem));
        if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

void Problems::print(std::string_view command) const {
    const std::string program = command.empty() ? "ferrotunnel" : fmt::format("ferrotunnel {}", command);
    const std::vector<std::string> all = lines();
    print_error("{}: {}\n", program, all.size() == 1 ? "a problem" : fmt::format("{} problems", all.size()));
    for (const std::string& line : all) {
        print_error("  {}\n", line);
    }
    print_error("Nothing was started. `{} --help` explains the options.\n", program);
}

void fail_usage(std::string command, std::string place, std::string text) {
    UsageError error;
    error.command = std::move(command);
    error.problems.add(std::move(place), std::move(text));
    throw error;
}

}  // namespace ferrotunnel::cli
