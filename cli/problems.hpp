// Collects all mistakes in the user's input, to report them together.
#pragma once

#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::cli {

class Problems {
public:
    /// `place` is where the user has to look: "--bind", "FERROTUNNEL_BIND", "--tcp 2222=nowhere".
    void add(std::string place, std::string text);
    /// Adds a problem that the library found in a configuration file. Duplicates are reported once.
    void add(const ferrotunnel::Problem& problem);
    /// Adds nothing about this place from now on: its mistake has been reported for another place.
    void excuse(std::string place);
    /// Whether this place has a problem or is excused.
    bool about(std::string_view place) const;
    bool empty() const noexcept { return list_.empty() && of_files_.empty(); }

    /// Prints all problems, one per line, those of files in the order of the file, and a pointer to the help.
    void print(std::string_view command) const;
    /// All problems as lines, without anything around them.
    std::vector<std::string> lines() const;

private:
    struct Item {
        std::string place;
        std::string text;
    };
    std::vector<Item> list_;
    std::set<std::string, std::less<>> excused_;
    std::vector<ferrotunnel::Problem> of_files_;
};

/// Thrown if nothing may be started; main() prints the problems and ends with ExitCode::usage.
struct UsageError {
    Problems problems;
    std::string command;  // "server", or empty
};

/// Throws a UsageError with this problem alone.
[[noreturn]] void fail_usage(std::string command, std::string place, std::string text);

}  // namespace ferrotunnel::cli
