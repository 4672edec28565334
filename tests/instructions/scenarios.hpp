// What is counted: each scenario prepares itself, warms up, and then does so many units of one kind of work.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ferrotunnel::instructions {

struct Scenario {
    std::string_view name;
    std::string_view unit;
    std::uint64_t units;
    void (*run)(std::uint64_t units);
    std::string_view what;  // for a person
};

std::span<const Scenario> scenarios();

}  // namespace ferrotunnel::instructions
