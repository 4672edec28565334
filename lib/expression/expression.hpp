// Conditions as configurations write them: "does this plugin run for this request?". The language is a part of CEL, the
// Common Expression Language, and docs/plugins/when.md is its reference. Whatever can be wrong is found when an
// expression is compiled; an evaluation has a result whatever it looks at, in time linear in that.
//
//     source --tokenize()--> tokens --parse()--> Syntax --Checker--> nodes that evaluate
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "expression/facts.hpp"
#include "expression/vocabulary.hpp"

namespace ferrotunnel::expression {

/// A place in the source. Both numbers begin at 1, columns count characters.
struct Place {
    std::size_t line = 1;
    std::size_t column = 1;

    friend bool operator==(const Place&, const Place&) = default;
};

/// What is wrong with an expression, in words.
struct Fault {
    Place place;
    std::string text;
};

/// An entry of a map that an expression looks at, also by has().
struct Read {
    std::uint32_t id;  // of the map
    std::string key;
    Place place;
};

class Expression {
public:
    static Result<Expression, Fault> compile(std::string_view source, Vocabulary vocabulary);

    /// Whether the condition holds. Any thread.
    bool holds(const Facts& facts) const;

    /// Every place where an entry is looked at, in the order of the source: for a lint that knows who sets entries.
    std::span<const Read> reads() const noexcept;

private:
    struct Program;
    explicit Expression(std::shared_ptr<const Program> program) noexcept;

    std::shared_ptr<const Program> program_;  // copies share it
};

}  // namespace ferrotunnel::expression
