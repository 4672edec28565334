#include "config/schema_compile.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "config/schema_check.hpp"
#include "config/schema_describe.hpp"
#include "config/schema_keywords.hpp"

namespace ferrotunnel::config {
namespace {

using Form = SchemaNode::Form;

constexpr const char* dialect = "https://json-schema.org/draft/2020-12/schema";
constexpr std::size_t name_length_max = 64;  // longer words are not guessed at
constexpr std::string_view definition_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

// Whether a value may refer to a file or a variable of the server.
bool reaches_beyond(const SchemaNode& schema) {
    return schema.form == Form::file || schema.has_secret || std::ranges::any_of(schema.values, reaches_beyond) ||
           std::ranges::any_of(schema.properties, [](const Property& each) { return reaches_beyond(each.schema); });
}

// Looks up each keyword where it is valid, so that Section::finish() rejects all others.
class Compiler {
public:
    explicit Compiler(const Report& report) : report_(report) {}

    /// Keywords of a key besides its schema.
    struct OfKey {
        std::optional<Value> fallback{};
        std::optional<Value> for_clients{};
        std::optional<Value> client_fallback{};
    };
    /// `of_key` is null if the schema is not that of a key.
    SchemaNode compile(const Value& value, std::size_t depth, OfKey* of_key = nullptr);

private:
    void read_root(Section& keys, const Value& type, const SchemaType& read) const;
    void read_type_keywords(Section& keys, const Value& type, const SchemaType& read, SchemaNode& schema,
                            std::size_t depth);
    void read_array(Section& keys, const Value& type, const SchemaType& read, SchemaNode& schema, std::size_t depth);
    void read_object(Section& keys, SchemaNode& schema, std::size_t depth);
    void read_property(const std::string& name, const Value& value, SchemaNode& object, std::size_t depth);
    void read_required(const Value& value, SchemaNode& object) const;
    void read_default(const Value& value, Property& property) const;
    void read_for_clients(const OfKey& said, Property& property) const;
    bool has_room(const Value& value, std::size_t depth);

    const Report& report_;
    std::size_t nodes_ = 0;
};

SchemaNode Compiler::compile(const Value& value, std::size_t depth, OfKey* of_key) {
    SchemaNode schema;
    if (!has_room(value, depth)) {
        return schema;
    }
    if (!value.is_group()) {
        value.unexpected("a schema, like {\"type\": \"string\"}");
        return schema;
    }
    Section keys = value.section();
    const std::optional<Value> type = keys.find("type");
    if (!type) {
        value.problem("`type` is missing");
    }
    const std::optional<SchemaType> read = type ? read_type(*type) : std::nullopt;
    if (!read) {
        return schema;  // the other keywords depend on the type
    }
    if (const auto description = keys.find("description")) {
        assign(schema.description, description->text());
    }
    if (of_key != nullptr) {
        of_key->fallback = keys.find("default");
        if (depth == 2) {  // a key of the settings, not one within a value
            of_key->for_clients = keys.find("x-client");
            of_key->client_fallback = keys.find("x-client-default");
        }
    }
    if (depth == 1) {
        read_root(keys, *type, *read);
    }
    read_type_keywords(keys, *type, *read, schema, depth);
    keys.finish();
    return schema;
}

void Compiler::read_root(Section& keys, const Value& type, const SchemaType& read) const {
    if (const auto said = keys.find("$schema")) {
        (void)said->choice({dialect});
    }
    if (read.form != Form::object) {
        type.unexpected("object: the settings of a plugin are keys with values");
    }
}

void Compiler::read_type_keywords(Section& keys, const Value& type, const SchemaType& read, SchemaNode& schema,
                                  std::size_t depth) {
    schema.form = read.form;
    switch (read.form) {
        case Form::integer:
        case Form::number:
            return read_bounds(keys, "minimum", "maximum", schema);
        case Form::string:
            return read_string_keywords(keys, schema);
        case Form::array:
            return read_array(keys, type, read, schema, depth);
        case Form::object:
            return read_object(keys, schema, depth);
        default:
            return;
    }
}

void Compiler::read_array(Section& keys, const Value& type, const SchemaType& read, SchemaNode& schema,
                          std::size_t depth) {
    read_count(keys, "minItems", "maxItems", limits::plugin_values_max, schema.count);
    const auto items = keys.find("items");
    if (!items) {
        keys.problem("`items` is missing: the schema of the list's items");
        return;
    }
    const std::size_t problems = report_.size();
    schema.values.push_back(compile(*items, depth + 1));
    const SchemaNode& item = schema.values.front();
    schema.has_secret = item.has_secret;
    schema.accepts_single = read.single.has_value();
    const bool is_whole = report_.size() == problems && nodes_ <= limits::schema_nodes_max;
    if (read.single && is_whole && type_of(item) != *read.single) {
        type.problem("the single value and `items` are of different types");
    }
}

void Compiler::read_object(Section& keys, SchemaNode& schema, std::size_t depth) {
    const auto properties = keys.find("properties");
    const auto required = keys.find("required");
    const auto additional = keys.find("additionalProperties");
    if (additional && additional->is_group()) {
        schema.form = Form::map;
        schema.values.push_back(compile(*additional, depth + 1));
        schema.has_secret = schema.values.front().has_secret;
        if (properties || required) {
            additional->problem_at_key(
                "an object has either fixed keys (`properties`, `required`) or arbitrary ones "
                "(`additionalProperties` with a schema); remove one");
        }
        return;
    }
    if (additional && additional->boolean().value_or(false)) {
        additional->problem("expected a schema, or false: keys that `properties` does not have are always rejected");
    }
    if (properties) {
        for (const auto& [name, value] : properties->section().all()) {
            read_property(name, value, schema, depth);
        }
    }
    if (required) {
        read_required(*required, schema);
    }
}

void Compiler::read_property(const std::string& name, const Value& value, SchemaNode& object, std::size_t depth) {
    if (name.empty() || name.size() > name_length_max ||
        name.find_first_not_of(definition_letters) != std::string::npos) {
        value.problem_at_key("a key is at most " + std::to_string(name_length_max) + " letters, digits, _ and -");
    }
    const std::size_t problems = report_.size();
    Property property;
    property.name = name;
    OfKey said;
    property.schema = compile(value, depth + 1, &said);
    if (report_.size() == problems) {
        if (said.fallback) {
            read_default(*said.fallback, property);
        }
        read_for_clients(said, property);
    }
    object.has_secret = object.has_secret || property.schema.has_secret;
    object.properties.push_back(std::move(property));
}

void Compiler::read_required(const Value& value, SchemaNode& object) const {
    const std::vector<std::string> names = names_of(object.properties);
    for (const Value& item : value.items()) {
        const std::optional<std::string> name = item.text();
        if (!name) {
            continue;
        }
        const auto property = std::ranges::find(object.properties, *name, &Property::name);
        if (property == object.properties.end()) {
            item.problem(no_such_key(*name, names));
        } else if (std::exchange(property->is_required, true)) {
            item.problem("this key appears twice");
        } else if (property->fallback) {
            item.problem(in_backticks(*name) + " has a default, so it cannot be required");
        }
    }
}

void Compiler::read_default(const Value& value, Property& property) const {
    const std::size_t problems = report_.size();
    SchemaCheck check(report_, nullptr);
    CheckedValue fallback = check.check(property.schema, value);
    if (report_.size() == problems) {
        property.fallback = std::move(fallback);
        property.fallback_values = check.values();
        property.fallback_text = written_text(value.node());
    }
}

void Compiler::read_for_clients(const OfKey& said, Property& property) const {
    if (said.for_clients) {
        property.is_for_clients = said.for_clients->boolean().value_or(false);
        if (property.is_for_clients && reaches_beyond(property.schema)) {
            said.for_clients->problem("a client cannot set files and secrets of the server");
        }
    }
    if (said.client_fallback) {
        const std::size_t problems = report_.size();
        CheckedValue fallback = SchemaCheck(report_, nullptr).check(property.schema, *said.client_fallback);
        if (report_.size() == problems) {
            property.client_fallback = std::move(fallback);
        }
    }
}

bool Compiler::has_room(const Value& value, std::size_t depth) {
    ++nodes_;
    if (nodes_ == limits::schema_nodes_max + 1) {
        value.problem("more than " + std::to_string(limits::schema_nodes_max) + " schemas");
    }
    if (depth > limits::schema_depth_max) {
        value.problem("schemas are nested more than " + std::to_string(limits::schema_depth_max) + " deep");
    }
    return nodes_ <= limits::schema_nodes_max && depth <= limits::schema_depth_max;
}

}  // namespace

SchemaNode compile_schema(const Value& root) {
    return Compiler(root.context().report).compile(root, 1);
}

}  // namespace ferrotunnel::config
