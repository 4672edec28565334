// Syntax trees of expressions, before names are resolved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel::expression {

struct Syntax {
    enum class Kind : std::uint8_t {
        boolean,
        integer,
        text,
        list,        // of literals
        name,        // with all its dots, so that it may contain a map's name and a key
        entry,       // name["key"]
        function,    // function(argument)
        method,      // value.method(argument)
        negation,    // !value
        all,         // a && b && c
        any,         // a || b || c
        comparison,  // a == b, a < b, a in b
        choice,      // a ? b : c
    };

    Kind kind = Kind::boolean;
    std::size_t offset = 0;    // in the source: of an operator or a method's name, otherwise of the beginning
    std::string word;          // a text's value, a name (of an entry, the map's), or an operator
    std::int64_t integer = 0;  // an integer's value, or 0 or 1 of a boolean
    /// Operands in order; of an entry, its key; of a method, its object and then the arguments.
    std::vector<Syntax> parts;
};

}  // namespace ferrotunnel::expression
