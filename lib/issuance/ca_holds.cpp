#include "issuance/ca_holds.hpp"

#include <algorithm>

#include "acme/renewal.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {

std::optional<CaHolds::WallTime> CaHolds::held_until(const std::string& directory_url, WallTime now) const {
    const auto found = holds_.find(directory_url);
    return found != holds_.end() && found->second.until > now ? std::optional(found->second.until) : std::nullopt;
}

std::string CaHolds::problem(const std::string& directory_url) const {
    const auto found = holds_.find(directory_url);
    return found != holds_.end() ? found->second.problem : std::string();
}

void CaHolds::failed(const std::string& directory_url, const acme::Problem& problem, WallTime now) {
    using Kind = acme::Problem::Kind;
    if (problem.kind != Kind::unreachable && problem.kind != Kind::limited && problem.kind != Kind::account) {
        return;
    }
    Hold& hold = holds_[directory_url];
    if (hold.until > now) {
        return;  // several orders that ran at once count as one
    }
    std::chrono::seconds time = acme::retry_delay(++hold.failures, problem.retry_after, random_);
    if (problem.kind == Kind::limited) {
        time = std::min<std::chrono::seconds>(time, limits::limited_hold_max);
    }
    hold.until = now + time;
    hold.problem = problem.text;
}

}  // namespace ferrotunnel::issuance
