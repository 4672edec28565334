#include "expression/checker.hpp"

#include <utility>

#include "expression/operations.hpp"

namespace ferrotunnel::expression {
namespace {

using Kind = Syntax::Kind;

Comparison comparison_of(std::string_view sign) {
    return sign == "=="   ? Comparison::equal
           : sign == "!=" ? Comparison::unequal
           : sign == "<"  ? Comparison::less
           : sign == "<=" ? Comparison::less_or_equal
           : sign == ">"  ? Comparison::greater
                          : Comparison::greater_or_equal;
}

}  // namespace

Result<Checked, Mistake> Checker::run(const Syntax& whole) {
    Boolean condition = check_condition(whole, "the whole expression");
    if (mistake_) {
        return std::move(*mistake_);
    }
    return Checked{std::move(condition), std::move(uses_)};
}

Value Checker::fail(std::size_t offset, std::string text) {
    mistake_ = Mistake{offset, std::move(text)};
    return {};
}

Value Checker::check(const Syntax& part) {
    switch (part.kind) {
        case Kind::boolean:
            return constant(part.integer != 0);
        case Kind::integer:
            return constant(part.integer);
        case Kind::text:
            return constant(part.word);
        case Kind::list:
            return fail(part.offset, "a list is only allowed after `in`");
        case Kind::name:
            return check_name(part);
        case Kind::entry:
            return check_entry(part);
        case Kind::function:
            return check_function(part);
        case Kind::method:
            return check_method(part);
        case Kind::negation:
            return check_negation(part);
        case Kind::all:
        case Kind::any:
            return check_chain(part);
        case Kind::comparison:
            return part.word == "in" ? check_membership(part) : check_comparison(part);
        case Kind::choice:
            break;
    }
    return check_choice(part);
}

Boolean Checker::check_condition(const Syntax& part, const std::string& role) {
    Value value = check(part);
    if (auto* const condition = std::get_if<Boolean>(&value)) {
        return std::move(*condition);
    }
    if (!mistake_) {
        fail(part.offset, role + " must be true or false, and this is " + type_of(value));
    }
    return nullptr;
}

Text Checker::check_text(const Syntax& part, const std::string& role) {
    Value value = check(part);
    const std::string type = type_of(value);
    Text text = as_text(std::move(value));
    if (!text && !mistake_) {
        fail(part.offset, role + " must be a text, and this is " + type);
    }
    return text;
}

// --- operators

Value Checker::check_negation(const Syntax& part) {
    Boolean operand = check_condition(part.parts[0], "what follows `!`");
    return operand ? negation(std::move(operand)) : Value();
}

Value Checker::check_chain(const Syntax& part) {
    std::vector<Boolean> operands;
    for (const Syntax& operand : part.parts) {
        operands.push_back(check_condition(operand, "each side of " + in_message(part.word)));
        if (mistake_) {
            return {};
        }
    }
    return part.kind == Kind::all ? all_of(std::move(operands)) : any_of(std::move(operands));
}

Value Checker::check_comparison(const Syntax& part) {
    Value left = check(part.parts[0]);
    Value right = mistake_ ? Value() : check(part.parts[1]);
    if (mistake_) {
        return {};
    }
    const std::string types = type_of(left) + " with " + type_of(right);
    const bool orders = part.word != "==" && part.word != "!=";
    Value result;
    if (!orders || !std::holds_alternative<Boolean>(left)) {
        result = make_of_same_type(std::move(left), std::move(right), [&part](auto a, auto b) {
            return compare(comparison_of(part.word), std::move(a), std::move(b));
        });
    }
    return is_nothing(result) ? fail(part.offset, in_message(part.word) + " cannot compare " + types)
                              : std::move(result);
}

Value Checker::check_membership(const Syntax& part) {
    const Syntax& list = part.parts[1];
    Value value = check(part.parts[0]);
    if (mistake_) {
        return {};
    }
    if (list.kind != Kind::list) {
        return fail(list.offset,
                    "`in` needs a list of literals after it, like [\"a\", \"b\"]; use has() for a key of a map");
    }
    if (list.parts.empty()) {
        return fail(list.offset, "the list is empty, so nothing is in it");
    }
    std::vector<std::int64_t> integers;
    std::vector<std::string> texts;
    const bool is_integer = std::holds_alternative<Integer>(value);
    const Kind wanted = is_integer ? Kind::integer : Kind::text;
    for (const Syntax& element : list.parts) {
        if (element.kind != wanted || std::holds_alternative<Boolean>(value)) {
            return fail(element.offset, "`in` cannot compare " + type_of(value) + " with this element");
        }
        is_integer ? integers.push_back(element.integer) : texts.push_back(element.word);
    }
    return is_integer ? is_in(std::get<Integer>(std::move(value)), std::move(integers))
                      : is_in(as_text(std::move(value)), std::move(texts));
}

Value Checker::check_choice(const Syntax& part) {
    Boolean condition = check_condition(part.parts[0], "what stands before `?`");
    Value then = mistake_ ? Value() : check(part.parts[1]);
    Value otherwise = mistake_ ? Value() : check(part.parts[2]);
    if (mistake_) {
        return {};
    }
    const std::string types = type_of(then) + " and " + type_of(otherwise);
    Value result = make_of_same_type(std::move(then), std::move(otherwise), [&condition](auto a, auto b) {
        return choice(std::move(condition), std::move(a), std::move(b));
    });
    return is_nothing(result) ? fail(part.offset, "both sides of `:` must have the same type, and these are " + types)
                              : std::move(result);
}

// --- names

Value Checker::check_name(const Syntax& part) {
    const auto meaning = resolve_name(vocabulary_, part.word);
    if (!meaning) {
        return fail_unknown(part);
    }
    const std::uint32_t id = meaning->field->id;
    switch (meaning->field->type) {
        case Type::boolean:
            return boolean_field(id);
        case Type::integer:
            return integer_field(id);
        case Type::text:
            return text_field(id);
        case Type::address:
            return Address{text_field(id)};
        case Type::map:
            break;
    }
    return check_entry(part);
}

Value Checker::check_entry(const Syntax& part) {
    auto use = use_entry(part);
    return use ? entry_of(use->id, std::move(use->key)) : Value();
}

std::optional<EntryUse> Checker::use_entry(const Syntax& part) {
    const auto meaning = resolve_name(vocabulary_, part.word);
    if (!meaning) {
        fail_unknown(part);
        return std::nullopt;
    }
    const bool is_map = meaning->field->type == Type::map && !meaning->key;
    if (part.kind == Kind::entry && !is_map) {
        fail(part.offset, in_message(part.word) + " is not a map, so it has no entries");
        return std::nullopt;
    }
    if (part.kind == Kind::name && !meaning->key) {
        fail(part.offset,
             in_message(part.word) + (is_map ? " is a map; name one of its entries" : " is not an entry of a map"));
        return std::nullopt;
    }
    EntryUse use{meaning->field->id, meaning->key ? std::string(*meaning->key) : part.parts[0].word, part.offset};
    uses_.push_back(use);
    return use;
}

Value Checker::fail_unknown(const Syntax& part) {
    const std::string_view name = part.word;
    const std::size_t dot = name.rfind('.');
    if (dot != std::string_view::npos && resolve_name(vocabulary_, name.substr(0, dot)) &&
        is_method(name.substr(dot + 1))) {
        return fail(part.offset, in_message(name.substr(dot + 1)) + " is a method; write parentheses after it");
    }
    return fail(part.offset, "unknown field " + in_message(name) + suggestion(name, vocabulary_));
}

}  // namespace ferrotunnel::expression
