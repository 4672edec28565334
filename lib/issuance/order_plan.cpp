#include "issuance/order_plan.hpp"

#include <algorithm>

#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

bool can_work(acme::Way way, const Settings& settings) noexcept {
    switch (way) {
        case acme::Way::tls_alpn_01:
            return settings.has_https;
        case acme::Way::http_01:
            return settings.has_http;
        case acme::Way::dns_01:
            return !settings.dns_command.empty();
        case acme::Way::dns_persist_01:
            break;
    }
    return true;
}

}  // namespace

std::vector<acme::Way> usable_ways(const Settings& settings, const acme::Identifiers& names) {
    std::vector<acme::Way> usable;
    for (const acme::Way way : settings.ways) {
        const bool proves_all = std::all_of(names.begin(), names.end(),
                                            [way](const acme::Identifier& name) { return acme::can_prove(way, name); });
        if (proves_all && can_work(way, settings)) {
            usable.push_back(way);
        }
    }
    return usable;
}

std::vector<acme::Way> failed_last(std::vector<acme::Way> ways, const FailedWays& failed, WallTime now) {
    std::stable_partition(ways.begin(), ways.end(), [&](acme::Way way) {
        const auto found = failed.find(way);
        const bool is_recent =
            found != failed.end() && found->second <= now && now - found->second < limits::failed_way_age;
        return !is_recent;
    });
    return ways;
}

void OrderPlan::remove(acme::Way way) {
    std::erase(all_ways_, way);
    std::erase(ways_, way);
}

void OrderPlan::failed(const acme::Problem& problem, std::optional<acme::Way> way) {
    using Kind = acme::Problem::Kind;
    if (way && (problem.kind == Kind::validation || problem.kind == Kind::local)) {
        std::erase(ways_, *way);
    } else if (problem.kind == Kind::validation || problem.kind == Kind::local) {
        ways_.clear();
    } else {
        next_ca();
    }
}

void OrderPlan::next_ca() {
    ++at_;
    ways_ = all_ways_;
}

}  // namespace ferrotunnel::issuance
