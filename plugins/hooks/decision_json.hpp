// What the endpoint's decisions about all events have in common. Faults are std::invalid_argument.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/strict_json.hpp"

namespace ferrotunnel::plugins {

inline constexpr const char* not_an_object =
    "its response is not a JSON object without duplicate keys, nested up to 16 deep";

/// Whether `decision` is "accept"; a fault if it is not "reject" either.
inline bool is_accept(const nlohmann::json& object) {
    const auto decision = text_at(object, "decision");
    if (!decision || (*decision != "accept" && *decision != "reject")) {
        throw std::invalid_argument("`decision` is not \"accept\" or \"reject\"");
    }
    return *decision == "accept";
}

inline void check_version(const nlohmann::json& value) {
    if (value != 1) {
        throw std::invalid_argument("`version` is not 1");
    }
}

}  // namespace ferrotunnel::plugins
