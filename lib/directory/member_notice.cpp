#include "directory/member_notice.hpp"

#include <chrono>

namespace ferrotunnel::directory {
namespace {

const char* describe(MemberOutcome outcome) noexcept {
    switch (outcome) {
        case MemberOutcome::success:
            break;
        case MemberOutcome::refused:
            return "its backend cannot be reached";
        case MemberOutcome::reset:
            return "its backend closes connections without a response";
        case MemberOutcome::response_5xx:
            return "its backend responds with 5xx";
    }
    return "";
}

}  // namespace

MemberNotice member_notice(const GroupMember& member, HealthTransition transition, MemberOutcome outcome, Duration time,
                           std::string_view service, std::string_view token) {
    MemberNotice change{
        transition == HealthTransition::ejected, member.name(), std::string(service), std::string(token), {}};
    if (change.ejected) {
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
        change.why = describe(outcome);
        change.why +=
            "; out for " + (millis % 1000 == 0 ? std::to_string(millis / 1000) + " s" : std::to_string(millis) + " ms");
    }
    return change;
}

}  // namespace ferrotunnel::directory
