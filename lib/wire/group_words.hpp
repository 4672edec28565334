// The words of a group's terms, for configuration files and messages.
#pragma once

#include <string_view>

#include "base/words.hpp"
#include "ferrotunnel/group.hpp"

namespace ferrotunnel {

constexpr std::string_view word_for(Group::Balance balance) noexcept {
    switch (balance) {
        case Group::Balance::round_robin:
            return "round-robin";
        case Group::Balance::least:
            return "least";
        case Group::Balance::two_choices:
            return "two-choices";
    }
    return {};
}

constexpr std::string_view word_for(Group::Sticky sticky) noexcept {
    switch (sticky) {
        case Group::Sticky::off:
            return "off";
        case Group::Sticky::address:
            return "address";
        case Group::Sticky::cookie:
            return "cookie";
    }
    return {};
}

}  // namespace ferrotunnel
