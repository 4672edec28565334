// What is told when a member of a group is ejected, or has come back.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "directory/carrier_list.hpp"

namespace ferrotunnel::directory {

struct MemberNews {
    bool ejected = false;
    std::string member;
    std::string service;  // its name
    std::string token;    // its name
    std::string why;      // it is ejected; empty: it is back
};

/// `fared`: how the visitor has fared that made the difference; `time`: for how long the member is out.
MemberNews member_news(const GroupMember& member, MemberTurn turn, Fared fared, Duration time, std::string_view service,
                       std::string_view token);

}  // namespace ferrotunnel::directory
