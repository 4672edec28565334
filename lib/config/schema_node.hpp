// A compiled schema, as its check and its description walk through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/checked_value.hpp"

namespace ferrotunnel::config {

/// An end of a range of values, with the text that messages have for it.
struct Bound {
    CheckedValue::Scalar value;
    std::string text;
};

/// How many characters a string may have, or items an array.
struct CountRange {
    std::optional<std::uint64_t> least;
    std::optional<std::uint64_t> most;
};

struct Property;

struct SchemaNode {
    enum class Form : std::uint8_t {
        // What `type` says, and for strings `enum` and `format`:
        boolean,
        integer,
        number,
        string,
        enumeration,
        duration,
        bytes,
        rate,
        address,
        network,
        file,
        secret,
        // What has values in it:
        array,
        object,  // with properties
        map,     // an object whose keys can be chosen freely
    };

    Form form = Form::object;
    std::string description;
    std::vector<std::string> words;  // of an enumeration
    std::optional<Bound> minimum;
    std::optional<Bound> maximum;
    CountRange count;
    bool takes_single = false;       // an array: a value alone stands for a list of it
    bool has_secret = false;         // it is a secret, or has one in it
    std::vector<SchemaNode> values;  // what an array or a map is of: one schema
    std::vector<Property> properties;
};

struct Property {
    std::string name;
    SchemaNode schema;
    bool is_required = false;
    std::optional<CheckedValue> fallback;         // the default
    std::size_t fallback_values = 0;              // how many values the default is
    std::string fallback_text;                    // as the schema has it
    bool is_for_clients = false;                  // a client that asks for the plugin may say it
    std::optional<CheckedValue> client_fallback;  // the default for those that it asks for
};

}  // namespace ferrotunnel::config
