#include "config/schema_scalar.hpp"

#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config/values.hpp"
#include "net/host_port.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::config {
namespace {

using Form = SchemaNode::Form;
using Scalar = CheckedValue::Scalar;

template <typename T>
std::optional<Scalar> as_scalar(const std::optional<T>& value) {
    return value ? std::optional<Scalar>(std::in_place, *value) : std::nullopt;
}

// Parses a text with `parse`, and reports a problem if it returns nothing.
template <typename Parse>
std::optional<Scalar> parsed(const Value& value, const std::string& expected, Parse parse) {
    const std::optional<std::string> text = value.text_for(expected);
    const auto read = text ? parse(*text) : std::nullopt;
    if (text && !read) {
        value.unexpected(expected);
    }
    return as_scalar(read);
}

std::optional<Scalar> read_string(const SchemaNode& schema, const Value& value) {
    std::optional<std::string> text = value.text();
    if (text && !is_within(characters_in(*text), schema.count)) {
        const bool is_only_empty = text->empty() && schema.count.least == 1;
        value.unexpected(is_only_empty ? "a text that is not empty"
                                       : "a text of " + count_text(schema.count, "character"));
        return std::nullopt;
    }
    return as_scalar(text);
}

std::optional<Scalar> read_duration(const Value& value) {
    const std::optional<std::chrono::milliseconds> time = value.time();
    return time ? std::optional<Scalar>(std::int64_t{std::chrono::nanoseconds(*time).count()}) : std::nullopt;
}

std::optional<Scalar> read_bytes(const Value& value) {
    const auto bytes = value.size(0, std::numeric_limits<std::int64_t>::max());
    return bytes ? std::optional<Scalar>(static_cast<std::int64_t>(*bytes)) : std::nullopt;
}

std::optional<std::string> normal_address(std::string_view text) {
    const std::optional<net::HostPort> address = net::parse_host_port(text);
    return address ? std::optional(net::to_text(*address)) : std::nullopt;
}

std::optional<Scalar> read_network(const Value& value) {
    const std::optional<std::string> text = value.text_for("a network like 10.0.0.0/8, or an IP address");
    if (!text) {
        return std::nullopt;
    }
    const auto network = net::IpNetwork::parse(*text);
    if (!network) {
        value.problem(in_quotes(*text) + ' ' + network.error());
        return std::nullopt;
    }
    return Scalar(network->text());
}

std::optional<Scalar> read_file(const Value& value, bool is_default) {
    std::optional<std::string> path = value.path();
    if (path && is_default && !path->starts_with('/')) {
        value.problem("the default of a file must be an absolute path, since the configuration's folder is not known");
        return std::nullopt;
    }
    return as_scalar(path);
}

std::optional<Scalar> read_secret_or_refuse(const Value& value, const SecretSource* secrets) {
    if (secrets == nullptr) {
        value.problem("a secret cannot have a default");
        return std::nullopt;
    }
    return as_scalar(read_secret(value, *secrets));
}

// The expected value in words, with its bounds.
std::string expected_text(const SchemaNode& schema) {
    const std::string range = range_text(schema);
    const std::string bounds = range.empty() ? "" : (range.starts_with("from") ? " " : " of ") + range;
    switch (schema.form) {
        case Form::integer:
            return "a whole number" + bounds;
        case Form::number:
            return "a number" + bounds;
        case Form::duration:
            return "a time" + bounds;
        case Form::bytes:
            return "a size" + bounds;
        case Form::rate:
            return "a rate" + bounds + ", like 20/s or 100/m";
        default:
            return {};
    }
}

std::optional<Scalar> read_unbounded(const SchemaNode& schema, const Value& value, const SecretSource* secrets) {
    switch (schema.form) {
        case Form::boolean:
            return as_scalar(value.boolean());
        case Form::integer:
            return parsed(value, expected_text(schema), parse_integer);
        case Form::number:
            return parsed(value, expected_text(schema), parse_decimal);
        case Form::string:
            return read_string(schema, value);
        case Form::enumeration: {
            const std::optional<std::size_t> chosen = value.choice(schema.words);
            return chosen ? std::optional<Scalar>(schema.words[*chosen]) : std::nullopt;
        }
        case Form::duration:
            return read_duration(value);
        case Form::bytes:
            return read_bytes(value);
        case Form::rate:
            return parsed(value, expected_text(schema), parse_rate);
        case Form::address:
            return parsed(value, "an address like 127.0.0.1:8080 or example.com:443", normal_address);
        case Form::network:
            return read_network(value);
        case Form::file:
            return read_file(value, secrets == nullptr);
        case Form::secret:
            return read_secret_or_refuse(value, secrets);
        case Form::array:
        case Form::object:
        case Form::map:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Scalar> read_scalar(const SchemaNode& schema, const Value& value, const SecretSource* secrets) {
    std::optional<Scalar> scalar = read_unbounded(schema, value, secrets);
    if (scalar &&
        ((schema.minimum && *scalar < schema.minimum->value) || (schema.maximum && *scalar > schema.maximum->value))) {
        value.unexpected(expected_text(schema));
        return std::nullopt;
    }
    return scalar;
}

std::string range_text(const SchemaNode& schema) {
    if (schema.minimum && schema.maximum) {
        return "from " + schema.minimum->text + " to " + schema.maximum->text;
    }
    return schema.minimum   ? "at least " + schema.minimum->text
           : schema.maximum ? "at most " + schema.maximum->text
                            : "";
}

std::string count_text(const CountRange& range, const std::string& thing) {
    if (!range.least && !range.most) {
        return {};
    }
    const std::uint64_t last = range.most.value_or(range.least.value_or(0));
    const std::string things = std::to_string(last) + ' ' + thing + (last == 1 ? "" : "s");
    if (range.least && range.most) {
        return *range.least == *range.most ? things : std::to_string(*range.least) + " to " + things;
    }
    return (range.least ? "at least " : "at most ") + things;
}

bool is_within(std::uint64_t count, const CountRange& range) noexcept {
    return count >= range.least.value_or(0) && count <= range.most.value_or(count);
}

}  // namespace ferrotunnel::config
