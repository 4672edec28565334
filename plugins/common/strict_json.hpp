// Parses JSON that has only one possible reading.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugins {

/// An object without duplicate keys at any depth, nested up to 16 deep; empty for anything else.
std::optional<nlohmann::json> parse_strict_object(std::string_view text);

/// The text at that key; empty if there is none, or another type.
std::optional<std::string> text_at(const nlohmann::json& object, const char* key);

}  // namespace ferrotunnel::plugins
