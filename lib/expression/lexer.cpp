#include "expression/lexer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace ferrotunnel::expression {
namespace {

// Longer symbols first, so that `<=` is not parsed as `<`.
constexpr std::string_view symbols[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!",
                                        "?",  ":",  "(",  ")",  "[",  "]",  ".", ","};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool begins_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_quote(char c) noexcept {
    return c == '"' || c == '\'';
}

constexpr bool ends_line(char c) noexcept {
    return c == '\n' || c == '\r';
}

constexpr bool continues_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Appends a character as UTF-8.
void append_character(std::string& to, unsigned character) {
    if (character < 0x80) {
        to += static_cast<char>(character);
        return;
    }
    if (character < 0x800) {
        to += static_cast<char>(0xc0 | character >> 6);
    } else {
        to += static_cast<char>(0xe0 | character >> 12);
        to += static_cast<char>(0x80 | (character >> 6 & 0x3f));
    }
    to += static_cast<char>(0x80 | (character & 0x3f));
}

// The message for a character that does not begin a token; `piece` is the character.
std::string words_for_stray(std::string_view piece) {
    switch (piece.front()) {
        case '-':
            return "there is no arithmetic; write a key with a `-` in brackets, like headers[\"x-user\"]";
        case '+':
        case '*':
        case '/':
        case '%':
            return "there is no arithmetic";
        case '=':
            return "a single `=` does not compare; write `==`";
        case '&':
        case '|':
            return "a single " + in_message(piece) + " is not an operator; write it twice";
        case '#':
            return "a comment begins with //";
        default:
            return in_message(piece) + " has no meaning outside of quotes";
    }
}

class Lexer {
public:
    explicit Lexer(std::string_view source) noexcept : source_(source) {}

    Result<std::vector<Token>, Mistake> run() {
        for (skip_blanks(); at_ < source_.size(); skip_blanks()) {
            if (auto mistake = read_token()) {
                return std::move(*mistake);
            }
        }
        tokens_.push_back({Token::Kind::end, at_});
        return std::move(tokens_);
    }

private:
    // The byte at this distance ahead; 0 beyond the end.
    char ahead(std::size_t distance = 0) const noexcept {
        return distance < source_.size() - at_ ? source_[at_ + distance] : '\0';
    }

    void skip_blanks() noexcept {
        for (;;) {
            if (ahead() == '/' && ahead(1) == '/') {
                at_ = std::min(source_.find('\n', at_), source_.size());
            } else if (ahead() == ' ' || ahead() == '\t' || ends_line(ahead())) {
                ++at_;
            } else {
                return;
            }
        }
    }

    std::optional<Mistake> read_token() {
        const bool is_raw = ahead() == 'r' || ahead() == 'R';
        if (is_quote(ahead(is_raw ? 1 : 0))) {
            return read_text(is_raw);
        }
        if (is_digit(ahead(ahead() == '-' ? 1 : 0))) {
            return read_integer();
        }
        if (begins_name(ahead())) {
            read_name();
            return std::nullopt;
        }
        return read_symbol();
    }

    void read_name() {
        const std::size_t begin = at_;
        while (begins_name(ahead()) || is_digit(ahead())) {
            ++at_;
        }
        tokens_.push_back({Token::Kind::name, begin, std::string(source_.substr(begin, at_ - begin))});
    }

    std::optional<Mistake> read_integer() {
        Token token{Token::Kind::integer, at_};
        const char* const begin = source_.data() + at_;
        const auto [end, error] = std::from_chars(begin, source_.data() + source_.size(), token.integer);
        at_ += static_cast<std::size_t>(end - begin);
        if (begins_name(ahead()) || (ahead() == '.' && is_digit(ahead(1)))) {
            return Mistake{token.offset, "numbers must be whole and decimal"};
        }
        if (error != std::errc()) {
            return Mistake{token.offset, "the number does not fit into 64 bits"};
        }
        tokens_.push_back(std::move(token));
        return std::nullopt;
    }

    std::optional<Mistake> read_text(bool is_raw) {
        Token token{Token::Kind::text, at_};
        at_ += is_raw ? 1 : 0;
        const char quote = source_[at_++];
        while (ahead() != quote) {
            if (at_ == source_.size() || ends_line(ahead())) {
                return Mistake{token.offset, "the text that begins here is not closed on its line"};
            }
            if (ahead() != '\\' || is_raw) {
                token.text += source_[at_++];
            } else if (auto mistake = read_escape(token.text)) {
                return mistake;
            }
        }
        ++at_;
        tokens_.push_back(std::move(token));
        return std::nullopt;
    }

    // Appends the character of an escape. As in CEL, \xHH is a character and not a byte.
    std::optional<Mistake> read_escape(std::string& to) {
        constexpr std::string_view plain = "\\\\\"\"''n\nr\rt\t";  // pairs of escape letter and character
        const std::size_t begin = at_;
        const char kind = ahead(1);
        at_ += 2;
        if (kind == 'x' || kind == 'u') {
            return read_code(begin, kind == 'x' ? 2 : 4, to);
        }
        for (std::size_t i = 0; i < plain.size(); i += 2) {
            if (plain[i] == kind) {
                to += plain[i + 1];
                return std::nullopt;
            }
        }
        return Mistake{begin, R"(after a \ only \ " ' n r t xHH and uHHHH are known; write r"..." to keep every \)"};
    }

    std::optional<Mistake> read_code(std::size_t begin, std::size_t digits, std::string& to) {
        const std::string_view code = source_.substr(at_, digits);
        unsigned character = 0;
        const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), character, 16);
        if (error != std::errc() || code.size() < digits || end != code.data() + digits) {
            return Mistake{begin,
                           digits == 2 ? R"(\x has two hexadecimal digits)" : R"(\u has four hexadecimal digits)"};
        }
        if (character >= 0xd800 && character <= 0xdfff) {
            return Mistake{begin, "half of a surrogate pair is not a character"};
        }
        append_character(to, character);
        at_ += digits;
        return std::nullopt;
    }

    std::optional<Mistake> read_symbol() {
        const std::string_view rest = source_.substr(at_);
        for (const std::string_view symbol : symbols) {
            if (rest.starts_with(symbol)) {
                tokens_.push_back({Token::Kind::symbol, at_, std::string(symbol)});
                at_ += symbol.size();
                return std::nullopt;
            }
        }
        const auto behind = std::find_if_not(rest.begin() + 1, rest.end(), continues_character);
        return Mistake{at_, words_for_stray(rest.substr(0, static_cast<std::size_t>(behind - rest.begin())))};
    }

    std::string_view source_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>, Mistake> tokenize(std::string_view source) {
    return Lexer(source).run();
}

}  // namespace ferrotunnel::expression
