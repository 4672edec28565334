// A registered HTTP or TLS passthrough service, and the trunks that carry it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/carrier_list.hpp"
#include "directory/http_carrier.hpp"
#include "directory/http_description.hpp"
#include "metrics/service_counters.hpp"

namespace ferrotunnel::directory {

/// A registered service, from its first trunk to its last. When the client reconnects the service is another object, so
/// that a worker's state for it (idle streams) cannot be confused. Thread-safe.
class HttpService : public std::enable_shared_from_this<HttpService> {
public:
    struct Carrier {
        std::shared_ptr<HttpCarrier> trunk;
        std::uint32_t service = 0;              // the trunk's id for it
        std::shared_ptr<GroupMember> member{};  // of a group; otherwise null
    };
    /// How visitors of a group stay with their members.
    struct StickySettings {
        wire::Sticky by = wire::Sticky::off;
        std::string cookie_name{};           // if visitors stay by cookie
        std::string accepted_cookie_name{};  // that by StickyKey::accepted(); empty: none
        std::string cookie_path{};           // scope of the cookie
        bool watches = false;                // whether the group must learn the outcomes of visitors
    };

    /// `client`: the owner, or its group, which has it as number 0; with the `membership` of its first member.
    HttpService(std::uint64_t serial, HttpDescription description, const ClientId& client, std::uint32_t id,
                const std::optional<Membership>& membership = {});

    /// Whether several clients may carry it: then a carrier is chosen before each request.
    bool is_shared() const noexcept { return id_ == 0; }

    /// A number that is never reused.
    std::uint64_t serial() const noexcept { return serial_; }
    const HttpDescription& description() const noexcept { return description_; }

    /// The carrier with the fewest streams, in turn if several are equal, without those in `passed` (which have just
    /// answered that they have no room). A carrier on the worker `here` may have a few more, since its traffic never
    /// changes threads. In a group, a carrier of the member that the balance selects for `context`. Empty if none is
    /// left.
    std::optional<Carrier> choose(const CarrierIds& passed = {}, const runtime::Worker* here = nullptr,
                                  const BalanceContext& context = {});

    const StickySettings& sticky() const noexcept { return sticky_; }
    /// Records the outcome of a request or visitor at a member. `time`: how long the member is out, if it is ejected
    /// now.
    HealthTransition record_outcome(const GroupMember& member, MemberOutcome outcome, TimePoint now, Duration& time);
    /// The member that the trunk belongs to. Null if there is no group.
    std::shared_ptr<GroupMember> member_of(const HttpCarrier& trunk) const;

    /// The members of the group, in the order in which they joined, and the one that a visitor with this context stays
    /// with (null: the balance chooses one). For display: nothing is counted.
    std::vector<CarrierList<HttpCarrier>::Present> members() const;
    std::shared_ptr<GroupMember> sticky_member(const BalanceContext& context);
    /// The tag for a cookie by StickyKey::accepted(): that of its member by the present key.
    std::string present_tag(std::string_view accepted) const;
    /// Whether the visitor keeps a cookie that belongs to no member, since its member may reconnect.
    bool keeps_tag(const BalanceContext& context) const;

    /// Changes whenever a carrier joins or leaves. Idle streams to the backend are then checked: one whose carrier no
    /// longer carries the service, or accepts no visitors, is closed, so that a draining trunk can end.
    std::uint64_t carriers_version() const noexcept { return carriers_version_.load(std::memory_order_acquire); }
    bool carries(const HttpCarrier& trunk) const;
    /// Whether it has carriers. Without any it has ended.
    bool is_carried() const;
    /// Whether it has carriers, and none of them gets visitors, because their backends are unhealthy.
    bool is_unhealthy() const;

    /// Counts a request that the edge has matched to this service.
    void count_request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

    /// Counts the outcomes of requests in `row` from now on. The first row stays: it is the same on all trunks.
    void count_in(std::shared_ptr<metrics::ServiceRow> row) {
        const MutexLock lock(mutex_);
        if (!row_kept_) {
            row_kept_ = std::move(row);
            row_.store(row_kept_.get(), std::memory_order_release);
        }
    }
    /// Lives as long as the service. Null until count_in().
    metrics::ServiceRow* row() const noexcept { return row_.load(std::memory_order_acquire); }

private:
    friend class HttpDirectory;
    friend class RemoteHosts;

    template <typename Action>
    auto with_carriers(Action action) {
        const MutexLock lock(mutex_);
        carriers_version_.fetch_add(1, std::memory_order_release);
        return action(carriers_);
    }

    const std::uint64_t serial_;
    const HttpDescription description_;
    const ClientId client_;
    const std::uint32_t id_;
    const StickySettings sticky_;
    bool outgoing_ = false;  // another service will replace it; guarded by the directory's lock
    std::atomic<std::uint64_t> carriers_version_{0};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<metrics::ServiceRow*> row_{nullptr};
    mutable Mutex mutex_;
    std::shared_ptr<metrics::ServiceRow> row_kept_ GUARDED_BY(mutex_);
    CarrierList<HttpCarrier> carriers_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::directory
