// What the names in an expression mean. The caller says it, so that the language itself knows nothing of requests.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ferrotunnel::expression {

enum class Type : std::uint8_t {
    boolean,
    integer,
    text,
    address,  // an IP address as text
    map,      // texts by keys that are texts
};

struct Field {
    std::string_view name;  // names as in a program, joined by dots: `request.path`
    Type type;
    std::uint32_t id;  // by which Facts are asked for it
};

/// No name is there twice. It has to live while an expression is compiled, not longer.
using Vocabulary = std::span<const Field>;

/// What a name leads to: a field, or an entry of a map.
struct Meaning {
    const Field* field;
    std::optional<std::string_view> key;
};

/// Looks up names that are joined by dots. What follows the name of a map is a key, dots and all: `note.auth.subject`
/// is the entry "auth.subject" of `note`. Nothing if the name is unknown.
std::optional<Meaning> look_up(Vocabulary vocabulary, std::string_view name);

/// What a misspelt name was probably meant to be, as "; did you mean `x`?", or nothing.
std::string guess(std::string_view name, std::span<const std::string_view> candidates);
/// For the name of a field. As much of it as is right says nothing about the rest: `visitor.port` is not `visitor.tls`.
std::string guess(std::string_view name, Vocabulary vocabulary);

}  // namespace ferrotunnel::expression
