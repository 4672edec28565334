// JSON that can be read in one way only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugins {

/// An object without a key that is there twice at any depth, and nested up to 16 deep; nothing: it is something else.
std::optional<nlohmann::json> parse_strict_object(std::string_view text);

/// The text at that key; nothing: there is none, or something else than a text.
std::optional<std::string> text_at(const nlohmann::json& object, const char* key);

}  // namespace ferrotunnel::plugins
