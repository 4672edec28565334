// The names in an expression, defined by the caller, so that the language itself is independent of requests.
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
    std::string_view name;  // identifiers joined by dots: `request.path`
    Type type;
    std::uint32_t id;  // identifies it in Facts
};

/// Without duplicate names. Must live only while an expression is compiled.
using Vocabulary = std::span<const Field>;

/// The meaning of a name: a field, or an entry of a map.
struct Meaning {
    const Field* field;
    std::optional<std::string_view> key;
};

/// Looks up names joined by dots. The rest after the name of a map is a key, including its dots: `note.auth.subject` is
/// the entry "auth.subject" of `note`. Empty if the name is unknown.
std::optional<Meaning> resolve_name(Vocabulary vocabulary, std::string_view name);

/// A suggestion for a misspelt name, as "; did you mean `x`?", or an empty text.
std::string suggestion(std::string_view name, std::span<const std::string_view> candidates);
/// For the name of a field. A correct beginning says nothing about the rest: `visitor.port` is not `visitor.tls`.
std::string suggestion(std::string_view name, Vocabulary vocabulary);

}  // namespace ferrotunnel::expression
