// Finds function bodies by their braces. It guesses what a brace opens, which is enough to count lines.
#pragma once

#include <string>
#include <vector>

#include "tokens.hpp"

namespace check {

struct Function {
    std::string name;
    int line;   // of the opening brace
    int lines;  // of the body, both braces included
};

std::vector<Function> functions_in(const std::vector<Token>& tokens);

}  // namespace check
