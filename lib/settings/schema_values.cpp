#include "settings/schema_values.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "settings/file_keys.hpp"
#include "settings/value_types.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view group_alone = "rule";             // the type of an object, or of a list of objects
constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;  // larger integers are not exact in every JSON parser

Json number_from(double least, double most, bool is_whole) {
    Json number{{"type", is_whole ? "integer" : "number"}};
    const auto as_json = [is_whole](double value) {
        return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
    };
    number["minimum"] = as_json(least);
    number["maximum"] = as_json(most);
    return number;
}

// Adds words, and values that YAML parsers may make of them: YAML 1.1 parses on and off as booleans.
void add_words(const std::vector<std::string_view>& words, Json& alternatives) {
    Json values = Json::array();
    for (const std::string_view word : words) {
        values.push_back(word);
        std::int64_t number = 0;
        if (word == "on" || word == "off") {
            values.push_back(word == "on");
        } else if (std::from_chars(word.data(), word.data() + word.size(), number).ptr == word.data() + word.size()) {
            values.push_back(number);
        }
    }
    if (!values.empty()) {
        alternatives.push_back({{"enum", std::move(values)}});
    }
}

void add_number(const SettingFacts& facts, Json& alternatives) {
    Json number{{"type", "integer"}, {"minimum", facts.min}};
    if (facts.max < exact_max) {
        number["maximum"] = facts.max;
    }
    alternatives.push_back(std::move(number));
    if (facts.zero_is_default && facts.min > 0) {
        alternatives.push_back({{"const", 0}});
    }
    alternatives.push_back(reference(facts.form == Form::size ? "size" : "digits"));
}

// Plain numbers are seconds.
void add_time(const SettingFacts& facts, Json& alternatives) {
    const bool is_bounded = facts.max != SettingFacts().max;
    const std::uint64_t longest = is_bounded ? facts.max : static_cast<std::uint64_t>(limits::config_time_max.count());
    alternatives.push_back(
        number_from(static_cast<double>(facts.min) / 1'000, static_cast<double>(longest) / 1'000, false));
    alternatives.push_back(reference(facts.min == 0 ? "time" : "time above zero"));
}

void add_choices(const SettingFacts& facts, Json& alternatives) {
    std::vector<std::string_view> words;
    std::ranges::transform(facts.choices, std::back_inserter(words), &Choice::word);
    add_words(words, alternatives);
    alternatives.push_back(reference("variable"));
}

// Adds a text or a list of texts, by the name of its type, also for values read by code of their own.
void add_named_type(const SettingFacts& facts, Json& alternatives) {
    const TypeDescription type = type_description(facts);
    if (!facts.choices.empty()) {
        return add_choices(facts, alternatives);
    }
    add_words(type.words, alternatives);
    if (!type.name.empty() && type.name != group_alone) {
        alternatives.push_back(reference(type.name));
    } else if (facts.form != Form::section) {
        alternatives.push_back(reference("text"));
    }
}

Json definition_of(const ValueType& type) {
    Json alternatives = Json::array();
    if (type.pattern.empty()) {
        alternatives.push_back(reference("text"));
    } else {
        alternatives.push_back(text_like(type.pattern));
        if (type.least <= type.most) {
            alternatives.push_back(number_from(type.least, type.most, type.is_whole));
        }
        alternatives.push_back(reference("variable"));
    }
    return one_of_these(std::move(alternatives));
}

}  // namespace

std::string definition_name(std::string_view type) {
    std::string name(type);
    std::erase(name, ',');
    std::ranges::replace(name, ' ', '-');
    return name;
}

Json reference(std::string_view type) {
    return {{"$ref", "#/definitions/" + definition_name(type)}};
}

Json text_like(const std::string& pattern) {
    return {{"type", "string"}, {"pattern", pattern}};
}

Json one_of_these(Json alternatives) {
    return alternatives.size() == 1 ? alternatives.front() : Json{{"anyOf", std::move(alternatives)}};
}

Json alternatives_of(const SettingFacts& facts) {
    Json alternatives = Json::array();
    switch (facts.form) {
        case Form::on_off:
            alternatives.push_back(reference("boolean"));
            break;
        case Form::number:
        case Form::size:
            add_number(facts, alternatives);
            alternatives.push_back(reference("variable"));
            break;
        case Form::time:
            add_time(facts, alternatives);
            alternatives.push_back(reference("variable"));
            break;
        case Form::choice:
            add_choices(facts, alternatives);
            break;
        case Form::path:
        case Form::paths:
            add_words(type_description(facts).words, alternatives);
            alternatives.push_back(reference("text"));
            break;
        case Form::fraction:
        case Form::word:
        case Form::words:
        case Form::section:
            add_named_type(facts, alternatives);
            break;
    }
    return alternatives;
}

Json value_definitions() {
    Json all = Json::object();
    const auto add = [&all](std::string_view name, Json schema) { all[definition_name(name)] = std::move(schema); };
    const Json variable = reference("variable");
    add("variable", {{"description", "A text with ${NAME} or ${NAME:-default}: a variable of the environment."},
                     {"type", "string"},
                     {"pattern", variable_pattern()}});
    add("text", {{"anyOf", {text_like(text_pattern()), {{"type", {"number", "boolean"}}}}}});
    add("boolean",
        {{"anyOf", {{{"type", "boolean"}}, {{"enum", {"on", "off", "yes", "no", "true", "false"}}}, variable}}});
    add("digits", text_like("^[0-9]+$"));
    add("size", text_like(size_pattern()));
    add("time", text_like(time_pattern(true)));
    add("time above zero", text_like(time_pattern(false)));
    add("condition", {{"type", {"string", "boolean"}}, {"minLength", 1}});
    for (const ValueType& type : value_types()) {
        if (type.name != "text") {
            add(type.name, definition_of(type));
        }
    }
    return all;
}

}  // namespace ferrotunnel::detail
