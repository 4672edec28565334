// Everything that is wrong with what the user asked for, told at once.
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
    /// One of the library's that is about a configuration file. The same one twice is told once.
    void add(const ferrotunnel::Problem& problem);
    /// From now on nothing is added about this place: what is wrong there has been told about another one.
    void excuse(std::string place);
    /// There is one about this place, or it is excused.
    bool about(std::string_view place) const;
    bool empty() const noexcept { return list_.empty() && of_files_.empty(); }

    /// All of them, one a line, those of files in the order of the file; and where help is.
    void print(std::FILE* to, std::string_view command) const;
    /// All of them, without anything around.
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

/// Thrown when nothing should be started; main() prints them and ends with ExitCode::usage.
struct UsageError {
    Problems problems;
    std::string command;  // "server", or empty
};

}  // namespace ferrotunnel::cli
