// The value of one setting: reading it from a text, checking it against its bounds, and showing it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

/// Reads the value of a setting. False if the value is invalid, which was reported at its place, and `into` is
/// unchanged; for a std::vector: an item is invalid, and `into` has the other items.
bool read_value(const SettingFacts& setting, const config::Value& value, bool& into);
bool read_value(const SettingFacts& setting, const config::Value& value, double& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint16_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint32_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint64_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::optional<std::uint64_t>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::chrono::milliseconds& into);
bool read_value(const SettingFacts& setting, const config::Value& value,
                std::optional<std::chrono::milliseconds>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::string& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::optional<std::string>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::vector<std::string>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, TlsGrade& into);

/// The problem of a number, size or time outside of the setting's bounds.
std::optional<std::string> out_of_bounds(const SettingFacts& setting, std::uint64_t value);
std::optional<std::string> out_of_bounds(const SettingFacts& setting, std::chrono::milliseconds value);
std::optional<std::string> out_of_bounds(const SettingFacts& setting, double value);

template <typename T>
std::optional<std::string> out_of_bounds(const SettingFacts& setting, const T& value) {
    if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
        return value ? out_of_bounds(setting, *value) : std::nullopt;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        return out_of_bounds(setting, std::uint64_t{value});
    } else {
        return std::nullopt;
    }
}

/// A value as written in documentation; empty if there is none.
std::string text_of(const SettingFacts& setting, bool value);
std::string text_of(const SettingFacts& setting, double value);
std::string text_of(const SettingFacts& setting, std::uint64_t value);
std::string text_of(const SettingFacts& setting, std::chrono::milliseconds value);
std::string text_of(const SettingFacts& setting, const std::string& value);

template <typename T>
std::string text_of(const SettingFacts& setting, const T& value) {
    if constexpr (std::is_same_v<T, std::optional<std::uint64_t>> || std::is_same_v<T, std::optional<std::string>>) {
        return value ? text_of(setting, *value) : std::string();
    } else if constexpr (std::is_integral_v<T>) {
        return text_of(setting, std::uint64_t{value});
    } else if constexpr (std::is_enum_v<T>) {
        return text_of(setting, static_cast<std::uint64_t>(value));
    } else {
        return {};
    }
}

/// Assigns a value set through a builder. False if the setting has another type, and stays as it is.
template <typename T, typename Given>
bool assign_value(T& into, Given& given) {
    constexpr bool are_numbers =
        std::is_integral_v<T> && std::is_integral_v<Given> && std::is_same_v<T, bool> == std::is_same_v<Given, bool>;
    if constexpr (are_numbers) {
        into = static_cast<T>(given);
        return true;
    } else if constexpr (std::is_same_v<T, Given> || std::is_same_v<T, std::optional<Given>>) {
        into = std::move(given);
        return true;
    } else {
        return false;
    }
}

}  // namespace ferrotunnel::detail
