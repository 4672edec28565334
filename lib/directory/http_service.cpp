// A registered service: the choice among its trunks, and how visitors of a group stay with their members.
#include "directory/http_service.hpp"

#include <utility>

namespace ferrotunnel::directory {

namespace {

// Scope of a service's cookie: the prefix or path that it has, or everything if the path is not valid text for a
// cookie.
std::string cookie_path_of(const http::PathRule& path) {
    static constexpr std::string_view usual =
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";  // others may arrive percent-encoded
    const bool is_plain = path.kind != http::PathRule::Kind::regex && path.path.starts_with('/') &&
                          path.path.find_first_not_of(usual) == std::string::npos;
    return is_plain ? path.path : "/";
}

HttpService::StickySettings sticks_of(const std::optional<Membership>& membership, const HttpDescription& description) {
    HttpService::StickySettings sticky;
    if (membership) {
        sticky.by = membership->sticky;
        sticky.watches = membership->eject.failures != 0;
    }
    if (sticky.by == wire::Sticky::cookie && membership->key) {
        sticky.cookie_name = membership->key->cookie_name(membership->group);
        if (const StickyKey* const accepted = membership->key->accepted()) {
            sticky.accepted_cookie_name = accepted->cookie_name(membership->group);
        }
        sticky.cookie_path = cookie_path_of(description.path);
    }
    return sticky;
}

}  // namespace

HttpService::HttpService(std::uint64_t serial, HttpDescription description, const ClientId& client, std::uint32_t id,
                         const std::optional<Membership>& membership)
    : serial_(serial),
      description_(std::move(description)),
      client_(client),
      id_(id),
      sticky_(sticks_of(membership, description_)) {}

std::optional<HttpService::Carrier> HttpService::choose(const CarrierIds& passed, const runtime::Worker* here,
                                                        const BalanceContext& context) {
    const MutexLock lock(mutex_);
    const auto is_here = [here](HttpCarrier& trunk) { return &trunk.worker() == here; };
    const auto* carrier =
        here == nullptr ? carriers_.choose(passed, context) : carriers_.choose(passed, is_here, context);
    if (carrier == nullptr) {
        return std::nullopt;
    }
    return Carrier{carrier->trunk, carrier->service, carriers_.member_of(*carrier)};
}

HealthTransition HttpService::record_outcome(const GroupMember& member, MemberOutcome outcome, TimePoint now,
                                             Duration& time) {
    const MutexLock lock(mutex_);
    return carriers_.record_outcome(member, outcome, now, time);
}

std::shared_ptr<GroupMember> HttpService::member_of(const HttpCarrier& trunk) const {
    const MutexLock lock(mutex_);
    return carriers_.member_of(trunk);
}

std::vector<CarrierList<HttpCarrier>::Present> HttpService::members() const {
    const MutexLock lock(mutex_);
    return carriers_.members();
}

std::shared_ptr<GroupMember> HttpService::sticky_member(const BalanceContext& context) {
    const MutexLock lock(mutex_);
    return carriers_.sticky_member(context);
}

std::string HttpService::present_tag(std::string_view accepted) const {
    const MutexLock lock(mutex_);
    return carriers_.present_tag(accepted);
}

bool HttpService::keeps_tag(const BalanceContext& context) const {
    const MutexLock lock(mutex_);
    return carriers_.keeps_tag(context);
}

bool HttpService::carries(const HttpCarrier& trunk) const {
    const MutexLock lock(mutex_);
    return carriers_.has(trunk);
}

bool HttpService::is_carried() const {
    const MutexLock lock(mutex_);
    return !carriers_.empty();
}

bool HttpService::is_unhealthy() const {
    const MutexLock lock(mutex_);
    return carriers_.is_unhealthy();
}

}  // namespace ferrotunnel::directory
