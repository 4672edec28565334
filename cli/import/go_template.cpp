#include "go_template.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <utility>

#include "limits.hpp"
#include "number_ranges.hpp"
#include "text.hpp"

namespace ferrotunnel::cli::importing {
namespace {

/// A literal text, or an action between double braces.
struct Piece {
    bool is_action = false;
    std::string text;
    std::size_t line = 0;
};

std::size_t newlines(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// Cuts a text at its actions. `{{-` and `-}}` remove the blanks beside them.
std::vector<Piece> pieces_of(const std::string& file, std::string_view text) {
    std::vector<Piece> pieces;
    std::size_t line = 1;
    bool trims = false;
    const auto add_literal = [&](std::string_view literal, bool trims_end) {
        const std::size_t skipped = trims ? std::min(literal.find_first_not_of(blanks), literal.size()) : 0;
        const std::size_t after = line + newlines(literal);
        line += newlines(literal.substr(0, skipped));
        literal.remove_prefix(skipped);
        if (trims_end) {
            literal = literal.substr(0, literal.find_last_not_of(blanks) + 1);
        }
        pieces.push_back({false, std::string(literal), line});
        line = after;
    };
    while (!text.empty()) {
        const std::size_t begin = text.find("{{");
        const bool trims_end = begin != std::string_view::npos && text.substr(begin).starts_with("{{- ");
        add_literal(text.substr(0, begin), trims_end);
        if (begin == std::string_view::npos) {
            break;
        }
        const std::size_t end = text.find("}}", begin);
        if (end == std::string_view::npos) {
            throw SourceError(file, line, "a template has no closing braces");
        }
        std::string_view action = text.substr(begin + 2, end - begin - 2);
        trims = action.ends_with(" -");
        action = action.substr(trims_end ? 1 : 0, action.size() - (trims_end ? 1 : 0) - (trims ? 1 : 0));
        pieces.push_back({true, std::string(trimmed(action)), line});
        line += newlines(action);
        text.remove_prefix(end + 2);
    }
    return pieces;
}

/// The text that is made, with the line of the file for each of its lines.
class Output {
public:
    explicit Output(bool quotes_values) : quotes_values_(quotes_values) {}

    void add(std::string_view text, std::size_t line) {
        for (const char c : text) {
            if (is_at_begin_) {
                lines_.push_back(line);
                is_at_begin_ = false;
            } else if (is_blank_ && blanks.find(c) == std::string_view::npos) {
                lines_.back() = line;
            }
            is_blank_ = is_blank_ && blanks.find(c) != std::string_view::npos;
            text_ += c;
            follow_quotes(c);
            if (c == '\n') {
                ++line;
                is_at_begin_ = true;
                is_blank_ = true;
            }
        }
    }

    /// The result of an action. Outside quotation marks it gets them, since it is a number for frp and a text here.
    void add_value(const std::string& value, std::size_t line) {
        const bool needs_quotes = quotes_values_ && quote_ == '\0';
        add(needs_quotes ? '"' + value + '"' : value, line);
    }

    std::size_t size() const { return text_.size(); }
    std::string text() && { return std::move(text_); }
    std::vector<std::size_t> lines() && { return std::move(lines_); }

private:
    /// Remembers which quotation mark is open. Each line begins without one.
    void follow_quotes(char c) {
        if (c == '\n') {
            quote_ = '\0';
            is_escaped_ = false;
        } else if (is_escaped_) {
            is_escaped_ = false;
        } else if (quote_ == '"' && c == '\\') {
            is_escaped_ = true;
        } else if (quote_ != '\0') {
            quote_ = c == quote_ ? '\0' : quote_;
        } else if (c == '"' || c == '\'') {
            quote_ = c;
        }
    }

    bool quotes_values_;
    char quote_ = '\0';
    bool is_escaped_ = false;
    bool is_at_begin_ = true;
    bool is_blank_ = true;
    std::string text_;
    std::vector<std::size_t> lines_;
};

/// `range $_, $v := parseNumberRangePair "A" "B"`.
struct Loop {
    std::string variable;
    std::vector<std::pair<std::string, std::string>> rounds;  // First and Second
};

class Expander {
public:
    Expander(const std::string& file, std::string_view text, Format format)
        : file_(file), pieces_(pieces_of(file, text)), output_(format == Format::toml || format == Format::json) {}

    Expansion run() {
        expand(0, pieces_.size(), nullptr, {}, 0);
        return {std::move(output_).text(), std::move(output_).lines(), std::move(unknown_)};
    }

private:
    using Round = std::pair<std::string, std::string>;

    void expand(std::size_t begin, std::size_t end, const Loop* loop, const Round& round, std::size_t depth) {
        for (std::size_t i = begin; i < end; ++i) {
            const Piece& piece = pieces_[i];
            if (output_.size() > expanded_max) {
                throw SourceError(file_, piece.line, "the templates make more than 4 MiB of text");
            }
            if (!piece.is_action) {
                output_.add(piece.text, piece.line);
            } else if (const std::optional<Loop> inner = loop_of(piece)) {
                const std::size_t close = end_of_loop(i, end);
                rounds_ += inner->rounds.size();
                if (depth == loops_max || rounds_ > all_rounds_max) {
                    throw SourceError(file_, piece.line, "the template has too many loops within each other");
                }
                for (const Round& each : inner->rounds) {
                    expand(i + 1, close, &*inner, each, depth + 1);
                }
                i = close;
            } else {
                expand_value(piece, loop, round);
            }
        }
    }

    void expand_value(const Piece& piece, const Loop* loop, const Round& round) {
        static const std::regex variable(R"(\.Envs\.([A-Za-z_][A-Za-z0-9_]*))");
        std::smatch match;
        if (piece.text.size() <= expression_max && std::regex_match(piece.text, match, variable)) {
            output_.add_value(env_reference(match[1].str()), piece.line);
        } else if (loop != nullptr && (piece.text == loop->variable + ".First" || piece.text == loop->variable)) {
            output_.add_value(round.first, piece.line);
        } else if (loop != nullptr && piece.text == loop->variable + ".Second") {
            output_.add_value(round.second, piece.line);
        } else if (!piece.text.starts_with("/*")) {
            unknown_.push_back(piece.line);
            output_.add("{{" + piece.text + "}}", piece.line);
        }
    }

    std::size_t end_of_loop(std::size_t begin, std::size_t end) const {
        std::size_t depth = 0;
        for (std::size_t i = begin; i < end; ++i) {
            const std::string& text = pieces_[i].text;
            if (!pieces_[i].is_action) {
                continue;
            }
            if (text.starts_with("range ") || text.starts_with("if ") || text.starts_with("with ")) {
                ++depth;
            } else if (text == "end" && --depth == 0) {
                return i;
            }
        }
        throw SourceError(file_, pieces_[begin].line, "the template's loop has no end");
    }

    std::optional<Loop> loop_of(const Piece& piece) const {
        static const std::regex form(
            R"re(range (?:\$\w+, *)?(\$\w+) *:= *parseNumberRange(Pair)? +["`]([^"`]*)["`](?: +["`]([^"`]*)["`])?)re");
        std::smatch match;
        if (piece.text.size() > expression_max || !std::regex_match(piece.text, match, form)) {
            return std::nullopt;
        }
        Loop loop{match[1].str(), {}};
        const std::string second = match[2].matched ? match[4].str() : match[3].str();
        const auto pairs = range_pairs(match[3].str(), second);
        if (pairs && pairs->size() > rounds_max) {
            throw SourceError(file_, piece.line, "the template's loop has more than 1,000 rounds");
        }
        if (!pairs) {
            throw SourceError(file_, piece.line, "the lists of numbers are not valid, or differ in length");
        }
        for (const auto& [one, other] : *pairs) {
            loop.rounds.emplace_back(to_text(one), to_text(other));
        }
        return loop;
    }

    const std::string& file_;
    std::vector<Piece> pieces_;
    Output output_;
    std::vector<std::size_t> unknown_;
    std::size_t rounds_ = 0;
};

}  // namespace

Expansion expand_go_templates(const std::string& file, std::string_view text, Format format) {
    if (text.find("{{") == std::string_view::npos) {
        return {std::string(text), {}, {}};
    }
    return Expander(file, text, format).run();
}

}  // namespace ferrotunnel::cli::importing
