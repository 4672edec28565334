#include "config/schema_check.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::config {

std::vector<std::string> names_of(const std::vector<Property>& properties) {
    std::vector<std::string> names;
    names.reserve(properties.size());
    for (const Property& property : properties) {
        names.push_back(property.name);
    }
    return names;
}

CheckedValue SchemaCheck::check(const SchemaNode& schema, Value value) {
    if (!has_room(value)) {
        return {};
    }
    if (schema.has_secret) {
        value.hide();  // a secret may be in place of the expected group
    }
    switch (schema.form) {
        case SchemaNode::Form::array:
            return check_array(schema, value);
        case SchemaNode::Form::object:
            return check_object(schema, value);
        case SchemaNode::Form::map:
            return check_map(schema, value);
        default:
            break;
    }
    std::optional<CheckedValue::Scalar> scalar = read_scalar(schema, value, secrets_);
    const bool is_secret = schema.form == SchemaNode::Form::secret;
    return scalar ? CheckedValue(std::move(*scalar), value.place(), is_secret) : CheckedValue();
}

CheckedValue SchemaCheck::check_array(const SchemaNode& schema, const Value& value) {
    const std::size_t problems = report_.size();
    const std::vector<Value> items = schema.accepts_single ? value.items_or_single() : value.items();
    if (report_.size() == problems && !is_within(items.size(), schema.count)) {
        value.problem("expected " + count_text(schema.count, "item") + ", found " + std::to_string(items.size()));
    }
    CheckedValue::List list;
    for (const Value& item : items) {
        list.push_back(check(schema.values.front(), item));
    }
    return CheckedValue(std::move(list), value.place());
}

CheckedValue SchemaCheck::check_object(const SchemaNode& schema, const Value& value) {
    const std::size_t problems = report_.size();
    Section section = value.section();
    if (report_.size() != problems) {
        return {};
    }
    CheckedValue::Map members;
    std::vector<bool> is_there(schema.properties.size());
    for (const auto& [key, each] : section.all()) {
        const auto property = std::ranges::find(schema.properties, key, &Property::name);
        if (property != schema.properties.end()) {
            is_there[static_cast<std::size_t>(property - schema.properties.begin())] = true;
            if (&schema == of_client_ && !property->is_for_clients) {
                each.problem_at_key("cannot be set by clients");
                continue;
            }
            members.push_back({key, check(property->schema, each)});
        } else if (has_room(each)) {
            each.problem_at_key(no_such_key(key, names_of(schema.properties)));
        }
    }
    complete(schema, value, is_there, members);
    return CheckedValue(std::move(members), value.place());
}

// Fills in defaults of missing values.
void SchemaCheck::complete(const SchemaNode& schema, const Value& value, const std::vector<bool>& is_there,
                           CheckedValue::Map& members) {
    for (std::size_t i = 0; i < schema.properties.size(); ++i) {
        const Property& property = schema.properties[i];
        if (is_there[i]) {
            continue;
        }
        if (&schema == of_client_ && property.client_fallback) {
            members.push_back({property.name, *property.client_fallback});
            continue;
        }
        if (property.is_required) {
            value.problem(in_backticks(property.name) + " is missing");
        } else if (property.fallback && has_room(value, property.fallback_values)) {
            members.push_back({property.name, *property.fallback});
            members.back().value.move_to(value.place());
        }
    }
}

CheckedValue SchemaCheck::check_map(const SchemaNode& schema, const Value& value) {
    CheckedValue::Map members;
    for (const auto& [key, each] : value.section().all()) {
        members.push_back({key, check(schema.values.front(), each)});
    }
    return CheckedValue(std::move(members), value.place());
}

// Whether to continue. Settings may come from peers, so the numbers of values and problems are limited.
bool SchemaCheck::has_room(const Value& value, std::size_t values) {
    if (is_over_) {
        return false;
    }
    values_ += values;
    if (values_ > limits::plugin_values_max) {
        value.problem("more than " + std::to_string(limits::plugin_values_max) + " values, defaults included");
        is_over_ = true;
    } else if (report_.size() - problems_before_ > limits::config_problems_max) {
        value.problem("too many problems: everything after this place was not checked");
        is_over_ = true;
    }
    return !is_over_;
}

}  // namespace ferrotunnel::config
