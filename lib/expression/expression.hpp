// Conditions in configurations: "does this plugin run for this request?". The language is a subset of CEL, the Common
// Expression Language; docs/plugins/when.md is its reference. All errors are found when an expression is compiled; an
// evaluation always has a result, in time linear in its input.
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

/// An error in an expression.
struct Fault {
    Place place;
    std::string text;
};

/// An entry of a map that an expression reads, also with has().
struct Read {
    std::uint32_t id;  // of the map
    std::string key;
    Place place;
};

class Expression {
public:
    static Result<Expression, Fault> compile(std::string_view source, Vocabulary vocabulary);

    /// Whether the condition holds. Thread-safe.
    bool holds(const Facts& facts) const;

    /// All reads of entries, in the order of the source, for a lint that knows which plugins set entries.
    std::span<const Read> reads() const noexcept;

private:
    struct Program;
    explicit Expression(std::shared_ptr<const Program> program) noexcept;

    std::shared_ptr<const Program> program_;  // copies share it
};

}  // namespace ferrotunnel::expression
