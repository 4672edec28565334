#include "expression/expression.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "expression/checker.hpp"
#include "expression/lexer.hpp"
#include "expression/limits.hpp"
#include "expression/parser.hpp"

namespace ferrotunnel::expression {
namespace {

Place place_of(std::string_view source, std::size_t offset) {
    const std::string_view before = source.substr(0, offset);
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 on the first line
    const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    const auto column =
        std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_begin), before.end(), begins_character);
    return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<std::size_t>(column) + 1};
}

Result<Checked, Mistake> check_source(std::string_view source, Vocabulary vocabulary) {
    if (source.size() > limits::expression_source_max) {
        return Mistake{0, "the expression is longer than " + std::to_string(limits::expression_source_max) + " bytes"};
    }
    const auto tokens = tokenize(source);
    if (!tokens) {
        return tokens.error();
    }
    const auto syntax = parse(*tokens);
    if (!syntax) {
        return syntax.error();
    }
    return Checker(vocabulary).run(*syntax);
}

}  // namespace

struct Expression::Program {
    Boolean condition;
    std::vector<Read> reads;
};

Expression::Expression(std::shared_ptr<const Program> program) noexcept : program_(std::move(program)) {}

Result<Expression, Fault> Expression::compile(std::string_view source, Vocabulary vocabulary) {
    auto checked = check_source(source, vocabulary);
    if (!checked) {
        return Fault{place_of(source, checked.error().offset), checked.error().text};
    }
    auto program = std::make_shared<Program>();
    program->condition = std::move(checked->condition);
    for (EntryUse& use : checked->uses) {
        program->reads.push_back({use.id, std::move(use.key), place_of(source, use.offset)});
    }
    return Expression(std::move(program));
}

bool Expression::holds(const Facts& facts) const {
    Evaluation evaluation(facts);
    return program_->condition->evaluate(evaluation);
}

std::span<const Read> Expression::reads() const noexcept {
    return program_->reads;
}

}  // namespace ferrotunnel::expression
