#include "heads.hpp"

#include <algorithm>

namespace check {

bool is_any(const Token& token, std::initializer_list<std::string_view> texts) {
    return std::find(texts.begin(), texts.end(), token.text) != texts.end();
}

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

namespace {

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

// The index of the `<` that opens the template arguments ending at `end`; `end` where there are none.
std::size_t begin_of_arguments(Head head, std::size_t end) {
    int depth = 0;
    for (std::size_t i = end; i > 0 && head[end - 1].text == ">"; --i) {
        depth += head[i - 1].text == ">" ? 1 : 0;
        depth -= head[i - 1].text == "<" ? 1 : 0;
        if (depth == 0) {
            return i - 1;
        }
    }
    return end;
}

std::string qualified_name(Head head, std::size_t bracket) {
    std::size_t begin = bracket - 1;
    std::string name(head[begin].text);
    if (begin > 0 && head[begin - 1].text == "~") {
        --begin;
        name = "~" + name;
    }
    while (begin > 0 && head[begin - 1].text == "::") {
        begin = begin_of_arguments(head, begin - 1);
        name = "::" + name;
        if (begin > 0 && is_word(head[begin - 1])) {
            --begin;
            name = std::string(head[begin].text) + name;
        }
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

}  // namespace

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

}  // namespace check
