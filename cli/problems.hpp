// Everything that is wrong with what the user asked for, told at once.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

class Problems {
public:
    /// `place` is what the user has to look at: "--bind", "FERROTUNNEL_BIND", "--tcp 2222=nowhere".
    void add(std::string place, std::string text);
    bool about(std::string_view place) const;
    bool empty() const noexcept { return list_.empty(); }

    /// All of them, one a line, and where help is.
    void print(std::FILE* to, std::string_view command) const;

private:
    struct Problem {
        std::string place;
        std::string text;
    };
    std::vector<Problem> list_;
};

/// Thrown when nothing should be started; main() prints them and ends with ExitCode::usage.
struct UsageError {
    Problems problems;
    std::string command;  // "server", or empty
};

}  // namespace ferrotunnel::cli
