#include "functions.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace check {

namespace {

using Head = std::span<const Token>;  // the tokens before a brace, from the end of the previous statement on

bool is_any(const Token& token, std::initializer_list<std::string_view> texts) {
    return std::find(texts.begin(), texts.end(), token.text) != texts.end();
}

// The index behind the bracket that closes the one at `from`.
std::size_t behind_bracket(Head head, std::size_t from, std::string_view open, std::string_view close) {
    int depth = 0;
    for (std::size_t i = from; i < head.size(); ++i) {
        depth += head[i].text == open ? 1 : 0;
        depth -= head[i].text == close ? 1 : 0;
        if (depth == 0) {
            return i + 1;
        }
    }
    return head.size();
}

Head without_template(Head head) {
    while (head.size() > 1 && head[0].text == "template" && head[1].text == "<") {
        head = head.subspan(behind_bracket(head, 1, "<", ">"));
    }
    return head;
}

// Whether `rest` may stand between the parameter list and the body.
bool is_end_of_declarator(Head rest) {
    if (rest.empty()) {
        return true;
    }
    if (!is_any(rest[0], {"const", "volatile", "noexcept", "override", "final", "&", "-", ":", "requires"})) {
        return false;
    }
    // In a constructor's list the brace behind a member's name opens its initialiser, not the body.
    const bool has_member_list = std::any_of(rest.begin(), rest.end(), [](const Token& t) { return t.text == ":"; });
    return !(has_member_list && (is_word(rest.back()) || rest.back().text == ">"));
}

std::string qualified_name(Head head, std::size_t bracket) {
    std::size_t begin = bracket - 1;
    while (begin > 0 && (head[begin - 1].text == "::" || head[begin - 1].text == "~" || head[begin].text == "::")) {
        --begin;
    }
    std::string name;
    for (const Token& token : head.subspan(begin, bracket - begin)) {
        name += token.text;
    }
    return name;
}

std::optional<std::string> operator_name(Head head) {
    const auto word = std::find_if(head.begin(), head.end(), [](const Token& t) { return t.text == "operator"; });
    if (word == head.end()) {
        return {};
    }
    const auto from = static_cast<std::size_t>(word - head.begin());
    std::size_t bracket = from + 1;
    if (bracket + 1 < head.size() && head[bracket].text == "(") {
        bracket += 2;  // operator()
    }
    while (bracket < head.size() && head[bracket].text != "(") {
        ++bracket;
    }
    if (!is_end_of_declarator(head.subspan(behind_bracket(head, bracket, "(", ")")))) {
        return {};
    }
    std::string name = qualified_name(head, from + 1);
    for (const Token& token : head.subspan(from + 1, bracket - from - 1)) {
        name += token.text;
    }
    return name;
}

std::optional<std::string> function_name(Head head) {
    if (auto name = operator_name(head)) {
        return name;
    }
    for (std::size_t i = 0; i < head.size();) {
        if (head[i].text == "=") {
            return {};
        }
        if (head[i].text != "(") {
            ++i;
            continue;
        }
        const std::size_t end = behind_bracket(head, i, "(", ")");
        const bool is_closed = head[end - 1].text == ")";
        if (i > 0 && is_word(head[i - 1]) && is_closed && is_end_of_declarator(head.subspan(end))) {
            return qualified_name(head, i);
        }
        i = end;  // decltype(...), alignas(...), requires (...)
    }
    return {};
}

// Whether a brace opens an initialiser, behind which the statement goes on: `member_{1}` in a constructor's list,
// `int x{1}`, `= {`, `f(Options options = {}`.
bool is_initialiser(Head head) {
    if (head.empty()) {
        return false;
    }
    const auto count = [head](std::string_view text) {
        return std::count_if(head.begin(), head.end(), [text](const Token& t) { return t.text == text; });
    };
    if (count("(") > count(")") || count("=") > 0) {
        return true;
    }
    const bool opens_scope = std::any_of(head.begin(), head.end(), [](const Token& token) {
        return is_any(token, {"namespace", "class", "struct", "union", "enum", "extern"});
    });
    return !opens_scope && (is_word(head.back()) || is_any(head.back(), {">", ",", "]"}));
}

class Finder {
public:
    explicit Finder(const std::vector<Token>& tokens) {
        std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(code_),
                     [](const Token& token) { return !token.in_directive; });
    }

    std::vector<Function> run() {
        for (std::size_t i = 0; i < code_.size(); ++i) {
            if (code_[i].text == "{") {
                open(i);
            } else if (code_[i].text == "}") {
                close(i);
            } else if (code_[i].text == ";" && body_depth_ == 0 && initialiser_depth_ == 0) {
                head_begin_ = i + 1;
            }
        }
        return std::move(functions_);
    }

private:
    void open(std::size_t i) {
        if (body_depth_ > 0) {
            ++body_depth_;
            return;
        }
        const Head head = without_template(Head(code_).subspan(head_begin_, i - head_begin_));
        if (initialiser_depth_ > 0) {
            ++initialiser_depth_;
        } else if (auto name = function_name(head)) {
            functions_.push_back({std::move(*name), code_[i].line, 0});
            body_depth_ = 1;
        } else if (is_initialiser(head)) {
            initialiser_depth_ = 1;
        } else {
            head_begin_ = i + 1;  // a namespace, a class: functions may be inside
        }
    }

    void close(std::size_t i) {
        if (initialiser_depth_ > 0) {
            --initialiser_depth_;
            return;
        }
        if (body_depth_ > 0 && --body_depth_ > 0) {
            return;
        }
        if (!functions_.empty() && functions_.back().lines == 0) {
            functions_.back().lines = code_[i].line - functions_.back().line + 1;
        }
        head_begin_ = i + 1;
    }

    std::vector<Token> code_;
    std::vector<Function> functions_;
    std::size_t head_begin_ = 0;
    int body_depth_ = 0;
    int initialiser_depth_ = 0;
};

}  // namespace

std::vector<Function> functions_in(const std::vector<Token>& tokens) {
    return Finder(tokens).run();
}

}  // namespace check
