// TOML, by toml++ as headers: the only source that includes it, since it is large.
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>

#include "parsers.hpp"

namespace ferrotunnel::cli::importing {
namespace {

std::size_t line_of(const toml::source_region& region) {
    return region.begin.line;
}

/// Never a whole number: 6000.0 is not a valid port.
std::string float_text(double number) {
    std::array<char, 400> room{};
    const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), number, std::chars_format::fixed);
    const std::string text = error == std::errc() ? std::string(room.data(), end) : std::string();
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string scalar_text(const toml::node& node) {
    if (const auto* const text = node.as_string()) {
        return text->get();
    }
    if (const auto* const number = node.as_integer()) {
        return std::to_string(number->get());
    }
    if (const auto* const flag = node.as_boolean()) {
        return flag->get() ? "true" : "false";
    }
    if (const auto* const number = node.as_floating_point()) {
        return float_text(number->get());
    }
    std::ostringstream text;
    if (const auto* const date = node.as_date()) {
        text << date->get();
    } else if (const auto* const time = node.as_time()) {
        text << time->get();
    } else if (const auto* const both = node.as_date_time()) {
        text << both->get();
    }
    return text.str();
}

class TomlReader {
public:
    Value read(const toml::node& node, std::size_t line, std::size_t depth) {
        counter_.count(line, depth);
        if (const toml::table* const table = node.as_table()) {
            return read_table(*table, line, depth);
        }
        if (const toml::array* const array = node.as_array()) {
            Value list{.kind = Value::Kind::list, .line = line};
            for (const toml::node& item : *array) {
                list.items.push_back(read(item, line_of(item.source()), depth + 1));
            }
            return list;
        }
        Value value{.kind = Value::Kind::text, .line = line, .scalar = scalar_text(node)};
        if (node.is_boolean()) {
            value.kind = Value::Kind::boolean;
        } else if (node.is_number()) {
            value.kind = Value::Kind::number;
        }
        return value;
    }

private:
    /// Members in the order of the file: toml++ sorts them by their names.
    Value read_table(const toml::table& table, std::size_t line, std::size_t depth) {
        struct Place {
            toml::source_position position;
            Value::Member member;
        };
        std::vector<Place> places;
        for (const auto& [key, node] : table) {
            const toml::source_position position = key.source().begin;
            places.push_back({position, {std::string(key.str()), read(node, position.line, depth + 1)}});
        }
        std::ranges::stable_sort(places, [](const Place& one, const Place& other) {
            return std::pair(one.position.line, one.position.column) <
                   std::pair(other.position.line, other.position.column);
        });
        Value map{.kind = Value::Kind::map, .line = line};
        for (Place& place : places) {
            map.members.push_back(std::move(place.member));
        }
        return map;
    }

    ValueCounter counter_;
};

/// toml++ limits nested values, but not the parts of dotted keys, each of which is a table: with 500,000 of them, it
/// exhausts the stack. Here they are counted between any two characters that are not part of a plain key, and by line,
/// since keys in quotation marks may have any characters.
void check_dotted_keys(std::string_view text) {
    constexpr std::string_view separators = "=,[]{}\n";
    std::size_t line = 1;
    std::size_t parts = 0;
    std::size_t parts_of_line = 0;
    bool is_comment = false;
    for (const char c : text) {
        if (separators.find(c) != std::string_view::npos) {
            parts = 0;
            is_comment = is_comment && c != '\n';
            parts_of_line = c == '\n' ? 0 : parts_of_line;
            line += c == '\n' ? 1 : 0;
        } else if (c == '#' && parts == 0) {
            is_comment = true;
        } else if (c == '.') {
            parts += is_comment ? 0 : 1;
            if (parts > key_parts_max || ++parts_of_line > line_dots_max) {
                throw ParseError(line, "a key has more than 100 parts");
            }
        }
    }
}

}  // namespace

Value parse_toml(std::string_view text) {
    check_dotted_keys(text);
    try {
        return TomlReader().read(toml::parse(text), 1, 0);
    } catch (const toml::parse_error& error) {
        throw ParseError(line_of(error.source()), "is not valid TOML: " + std::string(error.description()));
    }
}

}  // namespace ferrotunnel::cli::importing
