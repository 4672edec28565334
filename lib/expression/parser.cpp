#include "expression/parser.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "expression/limits.hpp"

namespace ferrotunnel::expression {
namespace {

// A cursor over tokens, for a parser with one token of lookahead.
class TokenCursor {
public:
    /// The last token is `end`.
    explicit TokenCursor(std::span<const Token> tokens) noexcept : rest_(tokens) {}

    const Token& peek() const noexcept { return rest_.front(); }

    bool is(std::string_view symbol) const noexcept { return is_symbol(rest_[0], symbol); }
    /// Whether the symbol follows the current token, which must not be the end.
    bool is_next(std::string_view symbol) const noexcept { return is_symbol(rest_[1], symbol); }

    bool is_literal() const noexcept {
        return peek().kind == Token::Kind::text || peek().kind == Token::Kind::integer ||
               (peek().kind == Token::Kind::name && (peek().text == "true" || peek().text == "false"));
    }

    /// Consumes the current token, which must not be the end, and returns it.
    const Token& take() noexcept {
        const Token& token = rest_.front();
        rest_ = rest_.subspan(1);
        return token;
    }

    bool accept_if(std::string_view symbol) noexcept {
        const bool found = is(symbol);
        if (found) {
            take();
        }
        return found;
    }

private:
    static bool is_symbol(const Token& token, std::string_view symbol) noexcept {
        return token.kind == Token::Kind::symbol && token.text == symbol;
    }

    std::span<const Token> rest_;
};

using Kind = Syntax::Kind;

std::string describe(const Token& token) {
    switch (token.kind) {
        case Token::Kind::end:
            return "the end";
        case Token::Kind::text:
            return "a text";
        case Token::Kind::integer:
            return in_message(std::to_string(token.integer));
        default:
            return in_message(token.text);
    }
}

// A hint for operators of other languages.
std::string hint_instead_of_operator(const Token& token) {
    if (token.kind == Token::Kind::integer && token.integer < 0) {
        return "; there is no arithmetic";
    }
    if (token.kind == Token::Kind::name && (token.text == "and" || token.text == "or")) {
        return token.text == "and" ? "; write `&&`" : "; write `||`";
    }
    return "";
}

bool is_comparison(const Token& token) {
    constexpr std::string_view signs[] = {"==", "!=", "<", "<=", ">", ">="};
    return token.kind == Token::Kind::symbol
               ? std::find(std::begin(signs), std::end(signs), token.text) != std::end(signs)
               : token.kind == Token::Kind::name && token.text == "in";
}

Syntax literal_of(const Token& token) {
    Syntax literal;
    literal.kind = token.kind == Token::Kind::text      ? Kind::text
                   : token.kind == Token::Kind::integer ? Kind::integer
                                                        : Kind::boolean;
    literal.offset = token.offset;
    literal.word = token.text;
    literal.integer = literal.kind == Kind::boolean ? token.text == "true" : token.integer;
    return literal;
}

// Each rule of the grammar is a function that parses into `out`. False if there is a mistake, and parsing ends.
class Parser {
public:
    explicit Parser(std::span<const Token> tokens) noexcept : cursor_(tokens) {}

    Result<Syntax, Mistake> run() {
        Syntax whole;
        if (choice(whole) && peek().kind != Token::Kind::end) {
            expected("an operator", hint_instead_of_operator(peek()));
        }
        if (mistake_) {
            return std::move(*mistake_);
        }
        return whole;
    }

private:
    using Rule = bool (Parser::*)(Syntax& out);

    const Token& peek() const noexcept { return cursor_.peek(); }

    // --- mistakes and bounds

    bool fail(std::size_t offset, std::string text) {
        mistake_ = Mistake{offset, std::move(text)};
        return false;
    }

    bool expected(const std::string& what, const std::string& hint = "") {
        return fail(peek().offset, "expected " + what + ", found " + describe(peek()) + hint);
    }

    bool expect(std::string_view symbol) { return cursor_.accept_if(symbol) || expected(in_message(symbol)); }

    // Counts a level, until the caller restores level_.
    bool go_deeper() {
        if (level_ == limits::expression_nesting_max) {
            return fail(peek().offset, "this is nested more than " + std::to_string(level_) + " deep");
        }
        ++level_;
        return true;
    }

    bool count_node(std::size_t offset) {
        if (nodes_ == limits::expression_nodes_max) {
            return fail(offset, "the expression has more than " + std::to_string(nodes_) +
                                    " operators, calls, names and literals");
        }
        ++nodes_;
        return true;
    }

    // --- the tree

    // Makes `out` a node of the token.
    bool begin(Syntax& out, Kind kind) {
        const Token& token = cursor_.take();
        out.kind = kind;
        out.offset = token.offset;
        out.word = token.text;
        return count_node(out.offset);
    }

    // Makes `out` a node of the token, with the previous `out` as its first part.
    bool wrap(Syntax& out, Kind kind) {
        Syntax inner = std::exchange(out, Syntax());
        out.parts.push_back(std::move(inner));
        return begin(out, kind);
    }

    bool add(Syntax& out, Rule rule) { return (this->*rule)(out.parts.emplace_back()); }

    // --- operators

    bool choice(Syntax& out) {
        if (!any(out)) {
            return false;
        }
        return !cursor_.is("?") ||
               (wrap(out, Kind::choice) && add(out, &Parser::any) && expect(":") && add(out, &Parser::nested_choice));
    }

    bool nested_choice(Syntax& out) {
        if (!go_deeper()) {
            return false;
        }
        const bool done = choice(out);
        --level_;
        return done;
    }

    bool any(Syntax& out) { return chain(out, "||", Kind::any, &Parser::all); }
    bool all(Syntax& out) { return chain(out, "&&", Kind::all, &Parser::comparison); }

    // Operands joined by the same operator are one node, so that a long chain is not deep.
    bool chain(Syntax& out, std::string_view symbol, Kind kind, Rule operand) {
        if (!(this->*operand)(out)) {
            return false;
        }
        if (!cursor_.is(symbol)) {
            return true;
        }
        bool done = wrap(out, kind) && add(out, operand);
        while (done && cursor_.accept_if(symbol)) {
            done = add(out, operand);
        }
        return done;
    }

    bool comparison(Syntax& out) {
        if (!unary(out)) {
            return false;
        }
        if (!is_comparison(peek())) {
            return true;
        }
        if (!wrap(out, Kind::comparison) || !add(out, &Parser::unary)) {
            return false;
        }
        return !is_comparison(peek()) ||
               fail(peek().offset, "comparisons cannot be chained; write `a < b && b < c`, or parentheses");
    }

    bool unary(Syntax& out) {
        if (!cursor_.is("!")) {
            return member(out);
        }
        if (!go_deeper()) {
            return false;
        }
        const bool done = begin(out, Kind::negation) && add(out, &Parser::unary);
        --level_;
        return done;
    }

    // --- values

    bool member(Syntax& out) {
        const std::size_t level = level_;  // chained methods are nested: each contains the one before it
        bool done = primary(out);
        while (done && (cursor_.is(".") || cursor_.is("["))) {
            done = cursor_.is(".") ? dot(out) : bracket(out);
        }
        level_ = level;
        return done;
    }

    bool dot(Syntax& out) {
        cursor_.take();
        if (peek().kind != Token::Kind::name) {
            return expected("a name after the `.`");
        }
        if (cursor_.is_next("(")) {
            return go_deeper() && wrap(out, Kind::method) && arguments(out);
        }
        if (out.kind != Kind::name) {
            return fail(peek().offset, in_message(peek().text) +
                                           " does not belong to a field; is it a method without "
                                           "( )?");
        }
        out.word += '.' + cursor_.take().text;
        return true;
    }

    bool bracket(Syntax& out) {
        const std::size_t offset = cursor_.take().offset;
        if (out.kind != Kind::name) {
            return fail(offset, "only a map has entries in [ ]");
        }
        if (peek().kind != Token::Kind::text) {
            return expected("a key in quotes");
        }
        out.kind = Kind::entry;
        return add(out, &Parser::literal) && expect("]");
    }

    bool arguments(Syntax& out) {
        cursor_.take();  // the parenthesis
        if (cursor_.accept_if(")")) {
            return true;
        }
        bool done = add(out, &Parser::nested_choice);
        while (done && cursor_.accept_if(",")) {
            done = add(out, &Parser::nested_choice);
        }
        return done && expect(")");
    }

    bool primary(Syntax& out) {
        if (cursor_.accept_if("(")) {
            return nested_choice(out) && expect(")");
        }
        if (cursor_.is("[")) {
            return list(out);
        }
        if (cursor_.is_literal()) {
            return literal(out);
        }
        if (peek().kind != Token::Kind::name || peek().text == "in") {
            return expected("a value");
        }
        const bool is_call = cursor_.is_next("(");
        return begin(out, is_call ? Kind::function : Kind::name) && (!is_call || arguments(out));
    }

    bool literal(Syntax& out) {
        out = literal_of(cursor_.take());
        return count_node(out.offset);
    }

    bool list(Syntax& out) {
        if (!begin(out, Kind::list)) {
            return false;
        }
        while (!cursor_.accept_if("]")) {
            if (!cursor_.is_literal()) {
                return expected("a literal, since lists contain literals only");
            }
            if (out.parts.size() == limits::expression_list_max) {
                return fail(peek().offset, "the list has more than " + std::to_string(out.parts.size()) + " elements");
            }
            out.parts.push_back(literal_of(cursor_.take()));
            if (!cursor_.is("]") && !expect(",")) {
                return false;
            }
        }
        return true;
    }

    TokenCursor cursor_;
    std::size_t level_ = 0;
    std::size_t nodes_ = 0;
    std::optional<Mistake> mistake_;
};

}  // namespace

Result<Syntax, Mistake> parse(std::span<const Token> tokens) {
    return Parser(tokens).run();
}

}  // namespace ferrotunnel::expression
