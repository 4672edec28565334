// Everything that is wrong with what the user asked for, collected and then told at once.
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
    /// `place` is what the user has to look at: "--bind", "FERROTUNNEL_BIND", "--tcp 2222=nowhere".
    void add(std::string place, std::string text);
    /// Adds a problem of the library's that is about a configuration file. One that is added twice is told once.
    void add(const ferrotunnel::Problem& problem);
    /// From now on nothing is added about this place: what is wrong there has been reported about another place.
    void excuse(std::string place);
    /// Whether there is a problem about this place, or the place is excused.
    bool about(std::string_view place) const;
    bool empty() const noexcept { return list_.empty() && of_files_.empty(); }

    /// Prints all problems, one a line, those of files in the order of the file; and where to find help.
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

/// Thrown when nothing should be started; main() prints the problems and ends with ExitCode::usage.
struct UsageError {
    Problems problems;
    std::string command;  // "server", or empty
};

}  // namespace ferrotunnel::cli
