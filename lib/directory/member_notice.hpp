// Report of a group member that was ejected or has returned.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "directory/carrier_list.hpp"

namespace ferrotunnel::directory {

struct MemberNotice {
    bool ejected = false;
    std::string member;
    std::string service;  // its name
    std::string token;    // its name
    std::string why;      // reason of the ejection; empty if it has returned
};

/// `outcome`: of the visitor that caused the transition; `time`: how long the member is out.
MemberNotice member_notice(const GroupMember& member, HealthTransition transition, MemberOutcome outcome, Duration time,
                           std::string_view service, std::string_view token);

}  // namespace ferrotunnel::directory
