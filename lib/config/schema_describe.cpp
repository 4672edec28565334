#include "config/schema_describe.hpp"

#include <string_view>

#include "base/text.hpp"
#include "config/schema_scalar.hpp"

namespace ferrotunnel::config {
namespace {

using Form = SchemaNode::Form;

constexpr std::string_view plain_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";

std::string quoted_if_needed(std::string_view text) {
    if (!text.empty() && text.find_first_not_of(plain_letters) == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' || c == '\\' ? "\\" : "";
        quoted += c;
    }
    return quoted + '"';
}

// The noun for one value of such a schema, or for several.
std::string noun_of(const SchemaNode& schema, bool is_plural) {
    const std::string s = is_plural ? "s" : "";
    switch (schema.form) {
        case Form::boolean:
            return "boolean" + s;
        case Form::integer:
            return "whole number" + s;
        case Form::number:
            return "number" + s;
        case Form::string:
            return "text" + s;
        case Form::enumeration: {
            std::string words;
            for (const std::string& word : schema.words) {
                words += (words.empty() ? "" : " ") + in_backticks(quoted_if_needed(word));
            }
            return words;
        }
        case Form::duration:
            return "time" + s;
        case Form::bytes:
            return "size" + s;
        case Form::rate:
            return "rate" + s;
        case Form::address:
            return is_plural ? "addresses" : "address";
        case Form::network:
            return "network" + s;
        case Form::file:
            return "file" + s;
        case Form::secret:
            return "secret" + s;
        case Form::array:
            return schema.accepts_single ? noun_of(schema.values.front(), is_plural) + ", or a list"
                                         : "list" + s + " of " + noun_of(schema.values.front(), true);
        case Form::object:
            return "group" + s;
        case Form::map:
            return "map" + s + " of " + noun_of(schema.values.front(), true);
    }
    return {};
}

std::string bounds_of(const SchemaNode& schema) {
    std::string bounds = range_text(schema);
    if (schema.form == Form::string) {
        bounds = count_text(schema.count, "character");
    }
    if (schema.form == Form::array || schema.form == Form::map) {
        const std::string each = bounds_of(schema.values.front());
        bounds = count_text(schema.count, "item");
        bounds += each.empty() ? "" : (bounds.empty() ? "each " : ", each ") + each;
    }
    return bounds;
}

// A text for a cell: on one line, with escaped cell separators.
std::string in_cell(std::string_view text) {
    std::string cell;
    for (const char c : text) {
        cell += c == '|' ? "\\|" : std::string(1, c == '\n' ? ' ' : c);
    }
    return cell;
}

void add_rows(const SchemaNode& schema, const std::string& path, std::string& table);

void add_row(const Property& property, const std::string& path, std::string& table) {
    const std::string fallback = property.is_required ? "required"
                                 : property.fallback  ? in_backticks(in_cell(property.fallback_text))
                                                      : "";
    table += '|';
    for (const std::string& cell : {in_backticks(path), in_cell(noun_of(property.schema, false)), fallback,
                                    bounds_of(property.schema), in_cell(property.schema.description)}) {
        table += (cell.empty() ? "" : " " + cell) + " |";
    }
    table += '\n';
    add_rows(property.schema, path, table);
}

// Adds rows for the keys below a value.
void add_rows(const SchemaNode& schema, const std::string& path, std::string& table) {
    if (schema.form == Form::array) {
        add_rows(schema.values.front(), path + "[]", table);
    } else if (schema.form == Form::map) {
        add_rows(schema.values.front(), path + (path.empty() ? "" : ".") + "KEY", table);
    }
    for (const Property& property : schema.properties) {
        add_row(property, path + (path.empty() ? "" : ".") + property.name, table);
    }
}

}  // namespace

std::string describe(const SchemaNode& root) {
    std::string table = "| key | type | default | bounds | meaning |\n|---|---|---|---|---|\n";
    add_rows(root, "", table);
    return table;
}

std::string written_text(const Node& node) {
    std::string inside;
    switch (node.kind) {
        case Node::Kind::nothing:
            return "{}";
        case Node::Kind::text:
            return quoted_if_needed(node.text);
        case Node::Kind::list:
            for (const Node& item : node.items) {
                inside += (inside.empty() ? "" : ", ") + written_text(item);
            }
            return '[' + inside + ']';
        case Node::Kind::map:
            for (const Entry& entry : node.entries) {
                inside += (inside.empty() ? "" : ", ") + quoted_if_needed(entry.key) + ": " + written_text(entry.value);
            }
            return '{' + inside + '}';
    }
    return {};
}

}  // namespace ferrotunnel::config
