// An expression as it is written: a tree, before it is known what its names mean.
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
        name,        // all that dots join, so that a map's name and a key may both be in it
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
    std::size_t offset = 0;    // in the source: of an operator, of a method's name, or where anything else begins
    std::string word;          // what a text says, a name (of an entry, the map's), an operator
    std::int64_t integer = 0;  // of an integer, and 0 or 1 of a boolean
    /// Operands in their order; of an entry, its key; of a method, what it is called on and then the arguments.
    std::vector<Syntax> parts;
};

}  // namespace ferrotunnel::expression
