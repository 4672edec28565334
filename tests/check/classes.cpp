#include "classes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "heads.hpp"

namespace check {

namespace {

bool has(Head head, std::string_view text) {
    return std::any_of(head.begin(), head.end(), [text](const Token& token) { return token.text == text; });
}

// The index of the first `wanted` outside brackets and template arguments; the size where there is none.
std::size_t find_outside(Head head, std::string_view wanted) {
    int depth = 0;
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (depth == 0 && head[i].text == wanted) {
            return i;
        }
        depth += is_any(head[i], {"<", "(", "[", "{"}) ? 1 : 0;
        depth -= is_any(head[i], {">", ")", "]", "}"}) && depth > 0 ? 1 : 0;
    }
    return head.size();
}

// The name of the class whose body follows a head; empty where the head is no class's.
std::optional<std::string> class_name(Head head) {
    const auto key = std::find_if(head.begin(), head.end(), [](const Token& token) {
        return is_any(token, {"class", "struct", "union"});
    });
    if (key == head.end() || has(head, "enum") || has(head, "=") || has(head.first(key - head.begin()), "(")) {
        return {};
    }
    std::string name;
    Head rest = head.subspan(static_cast<std::size_t>(key - head.begin()) + 1);
    for (std::size_t i = 0; i < rest.size() && !is_any(rest[i], {":", "final"}); ++i) {
        if (rest[i].text == "alignas" || rest[i].text == "[") {
            i = behind_bracket(rest, rest[i].text == "[" ? i : i + 1, rest[i].text == "[" ? "[" : "(",
                               rest[i].text == "[" ? "]" : ")") -
                1;
        } else if (rest[i].text == "<") {
            i = behind_bracket(rest, i, "<", ">") - 1;
        } else if (rest[i].text == "::") {
            name += "::";
        } else {
            name = name.ends_with("::") ? name + std::string(rest[i].text) : std::string(rest[i].text);
        }
    }
    return name;
}

// The types that a member owns, by value or alone: those that are named in its declaration, unless it refers to them.
std::vector<std::string> owned_types(Head head) {
    for (std::string_view shares : {"*", "&", "shared_ptr", "weak_ptr", "IntrusivePtr", "function", "("}) {
        if (has(head, shares)) {
            return {};
        }
    }
    std::vector<std::string> types;
    for (std::size_t i = 0; i < head.size() && head[i].text != "="; ++i) {
        const bool goes_on = i > 1 && head[i - 1].text == "::" && is_word(head[i - 2]) && !types.empty();
        if (is_word(head[i]) && goes_on) {
            types.back() += "::" + std::string(head[i].text);
        } else if (is_word(head[i])) {
            types.emplace_back(head[i].text);
        }
    }
    return types;
}

class Parser {
public:
    explicit Parser(const std::vector<Token>& tokens) : code_(code_of(tokens)) {}

    ClassesOfFile run() {
        while (at_ < code_.size()) {
            scope("", nullptr);
            ++at_;  // a brace too many, which a directive may hide
        }
        return std::move(found_);
    }

private:
    // Reads the statements of a namespace or of a class, up to the brace that closes it.
    void scope(const std::string& name, Class* owner) {
        begin_ = at_;
        bool is_member = false;  // the statement began with the body of a nested type
        for (; at_ < code_.size() && code_[at_].text != "}"; ++at_) {
            if (code_[at_].text == "{") {
                is_member = open(name, owner) && owner != nullptr;
            } else if (code_[at_].text == ";") {
                if (owner != nullptr) {
                    declare(head(), *owner, is_member);
                }
                is_member = false;
                begin_ = at_ + 1;
            } else if (owner != nullptr && at_ == begin_ + 1 && code_[at_].text == ":" &&
                       is_any(code_[begin_], {"public", "protected", "private"})) {
                owner->hides = owner->hides || code_[begin_].text != "public";
                begin_ = at_ + 1;
            }
        }
    }

    Head head() const { return without_template(Head(code_).subspan(begin_, at_ - begin_)); }

    // Reads what a brace opens, up to the one that closes it. Returns whether it was a nested type's body, whose
    // statement continues.
    bool open(const std::string& name, Class* owner) {
        const Head before = head();
        if (auto function = function_name(before)) {
            if (owner != nullptr) {
                add_function(before, *owner);
            } else {
                add_outside(name, *function);
            }
            skip_braces();
            begin_ = at_ + 1;
        } else if (has(before, "namespace")) {
            inside(name + namespace_name(before) + "::", nullptr);
        } else if (has(before, "extern")) {
            inside(name, nullptr);
        } else if (const auto nested = class_name(before)) {
            read_class(name, *nested, before);
            return true;
        } else if (has(before, "enum")) {
            skip_braces();
            begin_ = at_ + 1;
            return true;
        } else {
            skip_braces();  // an initialiser
        }
        return false;
    }

    void inside(const std::string& name, Class* owner) {
        ++at_;
        scope(name, owner);
        begin_ = at_ + 1;
    }

    void read_class(const std::string& scope_name, const std::string& name, Head before) {
        Class read;
        read.name = scope_name + name;
        read.line = code_[at_].line;
        read.is_struct = !has(before, "class");
        inside(read.name + "::", &read);
        found_.classes.push_back(std::move(read));
    }

    static std::string namespace_name(Head before) {
        std::string name;
        for (const Token& token : before) {
            name += is_any(token, {"namespace", "inline"}) ? "" : std::string(token.text);
        }
        return name;
    }

    void skip_braces() {
        int depth = 0;
        for (; at_ < code_.size(); ++at_) {
            depth += code_[at_].text == "{" ? 1 : 0;
            depth -= code_[at_].text == "}" ? 1 : 0;
            if (depth == 0) {
                return;
            }
        }
    }

    static void declare(Head head, Class& owner, bool is_member_of_nested_type) {
        if (is_member_of_nested_type) {
            owner.size.members += head.empty() ? 0 : 1;
            return;
        }
        if (head.size() < 2 || is_any(head[0], {"using", "friend", "typedef", "static_assert", "enum"})) {
            return;
        }
        if (is_any(head[0], {"class", "struct", "union"})) {
            return;  // announced, defined elsewhere
        }
        const std::size_t bracket = find_outside(head, "(");
        const bool has_value = find_outside(head, "=") < bracket;
        if (has(head, "operator") || (bracket < head.size() && !has_value && !is_any(head[0], {"alignas"}))) {
            if (!is_any(head.back(), {"default", "delete"})) {
                add_function(head, owner);
            }
        } else if (!has(head, "static")) {
            add_member(head, owner);
        }
    }

    static void add_function(Head head, Class& owner) {
        if (has(head, "friend")) {
            return;
        }
        ++owner.size.functions;
        const std::size_t open = find_outside(head, "(");
        const std::string_view class_name = last_name(owner.name);
        const bool is_constructor = open > 0 && open < head.size() && head[open - 1].text == class_name;
        const std::size_t behind = open < head.size() ? behind_bracket(head, open, "(", ")") : head.size();
        const bool is_const = behind < head.size() && has(head.subspan(behind), "const");
        owner.changes = owner.changes || !(is_const || is_constructor || has(head, "static") || has(head, "operator"));
    }

    static void add_member(Head head, Class& owner) {
        const std::size_t value = find_outside(head, "=");
        const Head declared = head.first(value);
        int names = 1;
        for (Head rest = declared; find_outside(rest, ",") < rest.size(); ++names) {
            rest = rest.subspan(find_outside(rest, ",") + 1);
        }
        owner.size.members += names;
        const bool is_atomic = has(declared, "atomic") && has(declared, "bool");
        if (is_atomic || find_outside(declared, "bool") < declared.size()) {
            owner.size.bools += names;
        }
        for (std::string& type : owned_types(declared.first(declared.size() - 1))) {
            owner.parts.push_back(std::move(type));
        }
    }

    void add_outside(const std::string& scope, const std::string& function) {
        const auto end = function.rfind("::", function.find("operator"));
        if (end != std::string::npos && end > 0) {
            found_.functions.push_back({scope, function.substr(0, end)});
        }
    }

    static std::string_view last_name(std::string_view name) {
        const auto colon = name.rfind("::");
        return colon == std::string_view::npos ? name : name.substr(colon + 2);
    }

    std::vector<Token> code_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;  // of the statement that is read
    ClassesOfFile found_;
};

}  // namespace

ClassesOfFile classes_in(const std::vector<Token>& tokens) {
    return Parser(tokens).run();
}

}  // namespace check
