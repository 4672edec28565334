#include "config/schema_keywords.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "config/schema_scalar.hpp"

namespace ferrotunnel::config {
namespace {

using Form = SchemaNode::Form;

struct Word {
    const char* name;
    Form form;
};
constexpr std::array type_words{Word{"boolean", Form::boolean}, Word{"integer", Form::integer},
                                Word{"number", Form::number},   Word{"string", Form::string},
                                Word{"array", Form::array},     Word{"object", Form::object}};
constexpr std::array formats{Word{"duration", Form::duration}, Word{"bytes", Form::bytes},     Word{"rate", Form::rate},
                             Word{"address", Form::address},   Word{"network", Form::network}, Word{"file", Form::file},
                             Word{"secret", Form::secret}};

std::optional<Form> read_word(const Value& value, std::span<const Word> words) {
    std::vector<std::string> names;
    for (const Word& word : words) {
        names.emplace_back(word.name);
    }
    const std::optional<std::size_t> chosen = value.choice(names);
    return chosen ? std::optional(words[*chosen].form) : std::nullopt;
}

bool is_single(Form form) noexcept {
    return form != Form::array && form != Form::object;
}

void read_words(const Value& value, SchemaNode& schema) {
    schema.form = Form::enumeration;
    const std::size_t problems = value.context().report.size();
    const std::vector<Value> items = value.items();
    if (items.size() > limits::schema_words_max) {
        value.problem("more than " + std::to_string(limits::schema_words_max) + " words");
        return;
    }
    for (const Value& item : items) {
        const std::optional<std::string> word = item.text();
        if (word && std::ranges::find(schema.words, *word) != schema.words.end()) {
            item.problem("this word appears twice");
        }
        schema.words.push_back(word.value_or(""));
    }
    if (schema.words.empty() && value.context().report.size() == problems) {
        value.problem("expected at least one word");
    }
}

void read_format(const Value& value, Section& keys, SchemaNode& schema) {
    const std::optional<Form> form = read_word(value, formats);
    if (!form) {
        (void)keys.all();  // the other valid keywords are unknown
        return;
    }
    schema.form = *form;
    schema.has_secret = schema.form == Form::secret;
    if (schema.form == Form::duration || schema.form == Form::bytes || schema.form == Form::rate) {
        read_bounds(keys, "formatMinimum", "formatMaximum", schema);
    }
}

}  // namespace

std::optional<SchemaType> read_type(const Value& value) {
    const std::vector<Value> items = value.items_or_single();
    std::vector<Form> forms;
    for (const Value& item : items) {
        if (const std::optional<Form> form = read_word(item, type_words)) {
            forms.push_back(*form);
        }
    }
    if (forms.size() != items.size()) {
        return std::nullopt;
    }
    if (forms.size() == 1) {
        return SchemaType{forms[0], {}};
    }
    if (forms.size() == 2 && is_single(forms[0]) != is_single(forms[1]) &&
        std::ranges::find(forms, Form::array) != forms.end()) {
        return SchemaType{Form::array, is_single(forms[0]) ? forms[0] : forms[1]};
    }
    value.problem(
        "expected one type, or two like [\"string\", \"array\"]: a list, or a single value in place of a list of one");
    return std::nullopt;
}

Form type_of(const SchemaNode& schema) noexcept {
    const bool has_format = std::ranges::find(formats, schema.form, &Word::form) != formats.end();
    return has_format || schema.form == Form::enumeration ? Form::string
           : schema.form == Form::map                     ? Form::object
                                                          : schema.form;
}

void read_string_keywords(Section& keys, SchemaNode& schema) {
    const auto words = keys.find("enum");
    const auto format = keys.find("format");
    if (words && format) {
        words->problem_at_key("a string has either `enum` or `format`");
        (void)keys.all();
    } else if (words) {
        read_words(*words, schema);
    } else if (format) {
        read_format(*format, keys, schema);
    } else {
        read_count(keys, "minLength", "maxLength", limits::config_text_max, schema.count);
    }
}

void read_bounds(Section& keys, const char* minimum, const char* maximum, SchemaNode& schema) {
    const auto read = [&schema](const std::optional<Value>& said) {
        const auto scalar = said ? read_scalar(schema, *said, nullptr) : std::nullopt;
        return scalar ? std::optional(Bound{*scalar, said->written()}) : std::nullopt;
    };
    const auto said_maximum = keys.find(maximum);
    std::optional<Bound> least = read(keys.find(minimum));
    std::optional<Bound> most = read(said_maximum);
    if (least && most && most->value < least->value) {
        said_maximum->problem("is less than `" + std::string(minimum) + '`');
    }
    schema.minimum = std::move(least);
    schema.maximum = std::move(most);
}

void read_count(Section& keys, const char* minimum, const char* maximum, std::uint64_t most, CountRange& range) {
    const auto least_said = keys.find(minimum);
    const auto most_said = keys.find(maximum);
    range.least = least_said ? least_said->number(0, most) : std::nullopt;
    range.most = most_said ? most_said->number(0, most) : std::nullopt;
    if (range.least && range.most && *range.most < *range.least) {
        most_said->problem("is less than `" + std::string(minimum) + '`');
    }
}

}  // namespace ferrotunnel::config
