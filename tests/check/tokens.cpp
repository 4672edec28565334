#include "tokens.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace check {

namespace {

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_word_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        while (at_ < text_.size()) {
            step();
        }
        return std::move(tokens_);
    }

private:
    void step() {
        const char c = text_[at_];
        if (c == '\n') {
            in_directive_ = in_directive_ && at_ > 0 && text_[at_ - 1] == '\\';
            is_first_of_line_ = true;
            advance_to(at_ + 1);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\\') {
            ++at_;
        } else if (rest().starts_with("//")) {
            advance_to(text_.find('\n', at_));
        } else if (rest().starts_with("/*")) {
            advance_to(after(text_.find("*/", at_ + 2), 2));
        } else {
            in_directive_ = in_directive_ || (c == '#' && is_first_of_line_);
            is_first_of_line_ = false;
            token(c);
        }
    }

    void token(char c) {
        const auto begin = at_;
        if (c == '"' || c == '\'') {
            literal(c);
        } else if (is_digit(c)) {
            while (at_ < text_.size() && (is_word_character(text_[at_]) || text_[at_] == '.' || text_[at_] == '\'')) {
                ++at_;
            }
            add(text_.substr(begin, at_ - begin));
        } else if (is_word_character(c)) {
            while (at_ < text_.size() && is_word_character(text_[at_])) {
                ++at_;
            }
            const auto word = text_.substr(begin, at_ - begin);
            const bool is_raw = word == "R" || word == "u8R" || word == "LR" || word == "uR" || word == "UR";
            if (is_raw && rest().starts_with('"')) {
                raw_string();
            } else {
                add(word);
            }
        } else {
            at_ += rest().starts_with("::") ? 2 : 1;
            add(text_.substr(begin, at_ - begin));
        }
    }

    void literal(char quote) {
        add("\"\"");
        for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            }
        }
        if (at_ < text_.size() && text_[at_] == quote) {
            ++at_;
        }
    }

    void raw_string() {
        add("\"\"");
        const auto bracket = std::min(text_.find('(', at_), text_.size());
        const auto end = ")" + std::string(text_.substr(at_ + 1, bracket - at_ - 1)) + "\"";
        advance_to(after(text_.find(end, bracket), end.size()));
    }

    void add(std::string_view token) { tokens_.push_back({token, line_, in_directive_}); }

    std::string_view rest() const { return text_.substr(at_); }

    static std::size_t after(std::size_t found, std::size_t size) {
        return found == std::string_view::npos ? found : found + size;
    }

    // Moves to `end` and counts the lines on the way.
    void advance_to(std::size_t end) {
        end = std::min(end, text_.size());
        line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                             text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
        at_ = end;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool is_first_of_line_ = true;
    bool in_directive_ = false;
    std::vector<Token> tokens_;
};

}  // namespace

bool is_word(const Token& token) {
    return is_word_character(token.text.front()) && !is_digit(token.text.front());
}

std::vector<Token> tokens_of(std::string_view text) {
    return Lexer(text).run();
}

namespace {

bool is_macro_name(std::string_view word) {
    return word.size() > 3 && std::all_of(word.begin(), word.end(), [](char c) {
               return c == '_' || std::isupper(static_cast<unsigned char>(c)) != 0;
           });
}

}  // namespace

std::vector<Token> code_of(const std::vector<Token>& tokens) {
    std::vector<Token> code;
    int depth = 0;  // of brackets in a macro's call
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string_view text = tokens[i].text;
        if (tokens[i].in_directive) {
            continue;
        }
        const bool begins = depth == 0 && is_macro_name(text) && i + 1 < tokens.size() && tokens[i + 1].text == "(";
        if (depth > 0) {
            depth += text == "(" ? 1 : 0;
            depth -= text == ")" ? 1 : 0;
        } else if (begins) {
            ++i;
            depth = 1;
        } else {
            code.push_back(tokens[i]);
        }
    }
    return code;
}

}  // namespace check
