// A cursor over tokens, for a parser with one token of lookahead.
#pragma once

#include <span>
#include <string_view>

#include "expression/lexer.hpp"

namespace ferrotunnel::expression {

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

}  // namespace ferrotunnel::expression
