// A compiled schema, for its check and its description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/checked_value.hpp"

namespace ferrotunnel::config {

/// A bound of a range of values, with its text for messages.
struct Bound {
    CheckedValue::Scalar value;
    std::string text;
};

/// The allowed number of characters of a string, or items of an array.
struct CountRange {
    std::optional<std::uint64_t> least;
    std::optional<std::uint64_t> most;
};

struct Property;

struct SchemaNode {
    enum class Form : std::uint8_t {
        // From `type`, and for strings from `enum` and `format`:
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
        // Containers:
        array,
        object,  // with properties
        map,     // an object with free keys
    };

    Form form = Form::object;
    std::string description;
    std::vector<std::string> words;  // of an enumeration
    std::optional<Bound> minimum;
    std::optional<Bound> maximum;
    CountRange count;
    bool accepts_single = false;     // of an array: a single value means a list of it
    bool has_secret = false;         // it is or contains a secret
    std::vector<SchemaNode> values;  // of an array or a map: the schema of its values
    std::vector<Property> properties;
};

struct Property {
    std::string name;
    SchemaNode schema;
    bool is_required = false;
    std::optional<CheckedValue> fallback;         // the default
    std::size_t fallback_values = 0;              // number of values in the default
    std::string fallback_text;                    // as written in the schema
    bool is_for_clients = false;                  // clients may set it
    std::optional<CheckedValue> client_fallback;  // the default for plugins requested by clients
};

}  // namespace ferrotunnel::config
