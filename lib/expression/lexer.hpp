// Tokenizer of expressions: names, literals and symbols, without whitespace or comments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "expression/mistake.hpp"

namespace ferrotunnel::expression {

struct Token {
    enum class Kind : std::uint8_t {
        name,  // a field, a method, and also `true`, `false` and `in`
        text,
        integer,
        symbol,
        end,  // after the last token
    };

    Kind kind = Kind::end;
    std::size_t offset = 0;
    std::string text = {};     // the name, the symbol, or the value of the literal
    std::int64_t integer = 0;  // of an integer
};

/// The tokens of `source`; the last one is `end`.
Result<std::vector<Token>, Mistake> tokenize(std::string_view source);

}  // namespace ferrotunnel::expression
