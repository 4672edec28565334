#include "directory/member_news.hpp"

#include <chrono>

namespace ferrotunnel::directory {
namespace {

const char* words_for(Fared fared) noexcept {
    switch (fared) {
        case Fared::well:
            break;
        case Fared::refused:
            return "its backend cannot be reached";
        case Fared::reset:
            return "its backend closes connections without a response";
        case Fared::answer_5xx:
            return "its backend responds with 5xx";
    }
    return "";
}

}  // namespace

MemberNews member_news(const GroupMember& member, MemberTurn turn, Fared fared, Duration time, std::string_view service,
                       std::string_view token) {
    MemberNews news{turn == MemberTurn::ejected, member.name(), std::string(service), std::string(token), {}};
    if (news.ejected) {
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
        news.why = words_for(fared);
        news.why +=
            "; out for " + (millis % 1000 == 0 ? std::to_string(millis / 1000) + " s" : std::to_string(millis) + " ms");
    }
    return news;
}

}  // namespace ferrotunnel::directory
