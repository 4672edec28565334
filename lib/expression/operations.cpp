#include "expression/operations.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>

namespace ferrotunnel::expression {
namespace {

// A node evaluated by calling `Body`.
template <typename Value, typename Body>
class Closure final : public Node<Value> {
public:
    explicit Closure(Body body) : body_(std::move(body)) {}

    Value evaluate(Evaluation& evaluation) const override { return body_(evaluation); }

private:
    Body body_;
};

template <typename Body>
auto node(Body body) {
    using Value = std::invoke_result_t<const Body&, Evaluation&>;
    return std::unique_ptr<const Node<Value>>(std::make_unique<Closure<Value, Body>>(std::move(body)));
}

template <typename Operand>
Operand choice_of(Boolean condition, Operand then, Operand otherwise) {
    return node([condition = std::move(condition), then = std::move(then),
                 otherwise = std::move(otherwise)](Evaluation& evaluation) {
        return condition->evaluate(evaluation) ? then->evaluate(evaluation) : otherwise->evaluate(evaluation);
    });
}

template <typename Relation, typename Operand>
Boolean compare_by(Operand left, Operand right) {
    return node([left = std::move(left), right = std::move(right)](Evaluation& evaluation) {
        return Relation()(left->evaluate(evaluation), right->evaluate(evaluation));
    });
}

template <typename Operand>
Boolean compare_any(Comparison comparison, Operand left, Operand right) {
    switch (comparison) {
        case Comparison::equal:
            return compare_by<std::equal_to<>>(std::move(left), std::move(right));
        case Comparison::unequal:
            return compare_by<std::not_equal_to<>>(std::move(left), std::move(right));
        case Comparison::less:
            return compare_by<std::less<>>(std::move(left), std::move(right));
        case Comparison::less_or_equal:
            return compare_by<std::less_equal<>>(std::move(left), std::move(right));
        case Comparison::greater:
            return compare_by<std::greater<>>(std::move(left), std::move(right));
        case Comparison::greater_or_equal:
            break;
    }
    return compare_by<std::greater_equal<>>(std::move(left), std::move(right));
}

template <typename Operand, typename Element>
Boolean is_in_list(Operand value, std::vector<Element> list) {
    return node([value = std::move(value), list = std::move(list)](Evaluation& evaluation) {
        return std::find(list.begin(), list.end(), value->evaluate(evaluation)) != list.end();
    });
}

// Unlike std::string_view::find, memmem always takes linear time, and visitors may control both texts.
bool contains_text(std::string_view text, std::string_view part) noexcept {
    return part.empty() ||
           (part.size() <= text.size() && memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

}  // namespace

std::string_view Evaluation::lower_ascii(std::string_view text) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::none_of(text.begin(), text.end(), is_upper)) {
        return text;
    }
    char* const copy = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::transform(text.begin(), text.end(), copy,
                   [is_upper](char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; });
    return {copy, text.size()};
}

Boolean constant(bool value) {
    return node([value](Evaluation&) { return value; });
}

Integer constant(std::int64_t value) {
    return node([value](Evaluation&) { return value; });
}

Text constant(std::string value) {
    return node([value = std::move(value)](Evaluation&) -> std::string_view { return value; });
}

Boolean boolean_field(std::uint32_t id) {
    return node([id](Evaluation& evaluation) { return evaluation.facts().boolean(id); });
}

Integer integer_field(std::uint32_t id) {
    return node([id](Evaluation& evaluation) { return evaluation.facts().integer(id); });
}

Text text_field(std::uint32_t id) {
    return node([id](Evaluation& evaluation) { return evaluation.facts().text(id); });
}

Text entry_of(std::uint32_t id, std::string key) {
    return node([id, key = std::move(key)](Evaluation& evaluation) {
        return evaluation.facts().entry(id, key).value_or(std::string_view());
    });
}

Boolean has_entry(std::uint32_t id, std::string key) {
    return node(
        [id, key = std::move(key)](Evaluation& evaluation) { return evaluation.facts().entry(id, key).has_value(); });
}

Boolean negation(Boolean operand) {
    return node([operand = std::move(operand)](Evaluation& evaluation) { return !operand->evaluate(evaluation); });
}

Boolean all_of(std::vector<Boolean> operands) {
    return node([operands = std::move(operands)](Evaluation& evaluation) {
        return std::all_of(operands.begin(), operands.end(),
                           [&evaluation](const Boolean& operand) { return operand->evaluate(evaluation); });
    });
}

Boolean any_of(std::vector<Boolean> operands) {
    return node([operands = std::move(operands)](Evaluation& evaluation) {
        return std::any_of(operands.begin(), operands.end(),
                           [&evaluation](const Boolean& operand) { return operand->evaluate(evaluation); });
    });
}

Boolean choice(Boolean condition, Boolean then, Boolean otherwise) {
    return choice_of(std::move(condition), std::move(then), std::move(otherwise));
}

Integer choice(Boolean condition, Integer then, Integer otherwise) {
    return choice_of(std::move(condition), std::move(then), std::move(otherwise));
}

Text choice(Boolean condition, Text then, Text otherwise) {
    return choice_of(std::move(condition), std::move(then), std::move(otherwise));
}

Boolean compare(Comparison comparison, Boolean left, Boolean right) {
    return compare_any(comparison, std::move(left), std::move(right));
}

Boolean compare(Comparison comparison, Integer left, Integer right) {
    return compare_any(comparison, std::move(left), std::move(right));
}

Boolean compare(Comparison comparison, Text left, Text right) {
    return compare_any(comparison, std::move(left), std::move(right));
}

Boolean is_in(Integer value, std::vector<std::int64_t> list) {
    return is_in_list(std::move(value), std::move(list));
}

Boolean is_in(Text value, std::vector<std::string> list) {
    return is_in_list(std::move(value), std::move(list));
}

Boolean starts_with(Text text, Text prefix) {
    return node([text = std::move(text), prefix = std::move(prefix)](Evaluation& evaluation) {
        return text->evaluate(evaluation).starts_with(prefix->evaluate(evaluation));
    });
}

Boolean ends_with(Text text, Text suffix) {
    return node([text = std::move(text), suffix = std::move(suffix)](Evaluation& evaluation) {
        return text->evaluate(evaluation).ends_with(suffix->evaluate(evaluation));
    });
}

Boolean contains(Text text, Text part) {
    return node([text = std::move(text), part = std::move(part)](Evaluation& evaluation) {
        return contains_text(text->evaluate(evaluation), part->evaluate(evaluation));
    });
}

Boolean matches(Text text, Pattern pattern) {
    return node([text = std::move(text), pattern = std::move(pattern)](Evaluation& evaluation) {
        return pattern.matches(text->evaluate(evaluation));
    });
}

Boolean is_in_networks(Text address, net::IpNetworks networks) {
    return node([address = std::move(address), networks = std::move(networks)](Evaluation& evaluation) {
        return networks.contains(address->evaluate(evaluation));
    });
}

Text lower_ascii(Text text) {
    return node([text = std::move(text)](Evaluation& evaluation) {
        return evaluation.lower_ascii(text->evaluate(evaluation));
    });
}

Integer size_of(Text text) {
    return node([text = std::move(text)](Evaluation& evaluation) {
        return static_cast<std::int64_t>(text->evaluate(evaluation).size());
    });
}

}  // namespace ferrotunnel::expression
