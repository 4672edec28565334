// C++ text as a compiler's first pass would see it: comments are gone and literals are empty.
#pragma once

#include <string_view>
#include <vector>

namespace check {

struct Token {
    std::string_view text;  // a word, a number, `::`, `""` for any literal, or one character
    int line;
    bool in_directive;  // of a line that begins with #
};

bool is_word(const Token& token);

// Splits a text into tokens, which point into `text`.
std::vector<Token> tokens_of(std::string_view text);

// The tokens without directives and without calls of macros, such as GUARDED_BY(mutex_).
std::vector<Token> code_of(const std::vector<Token>& tokens);

}  // namespace check
