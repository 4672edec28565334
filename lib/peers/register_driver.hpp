// Driver of this member's register: one lock around it, the order of its effects, the present links.
//
//   sessions, timer --update--.                                          .--> ClaimEvents: decisions, revocations,
//   probes links --RegisterAccess----+--> cluster::Register --effects--> queue --+--> RouteEvents: names of other
//   members visitors, display --read--'       (lock)                   (same lock) |--> ValueEvents: changed values
//                                                                                  |--> StoreEvents: claims, releases
//                                                                                  '--> RegisterPeer: ready, refused
//
// Effects are queued under the lock that the register was called with, and carried out without it by one thread at a
// time, so in the register's order. Receivers may call back: what follows from that is carried out after they return.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "cluster/register.hpp"
#include "peers/register_access.hpp"

namespace ferrotunnel::peers {

/// Called on any thread, without a lock.
class ClaimEvents {
public:
    virtual ~ClaimEvents() = default;
    virtual void on_granted(const cluster::ClaimGranted& granted) = 0;
    virtual void on_refused(const cluster::ClaimRefused& refused) = 0;
    virtual void on_revoked(const cluster::Revoked& revoked) = 0;
    virtual void on_probe(const cluster::ProbeClient& probe) = 0;
};

/// Likewise.
class RouteEvents {
public:
    virtual ~RouteEvents() = default;
    virtual void on_changed(const cluster::Name& name) = 0;
    virtual void on_member_changed(cluster::MemberIndex member) = 0;
};

/// Likewise.
class ValueEvents {
public:
    virtual ~ValueEvents() = default;
    virtual void on_value_changed(const std::string& key) = 0;
};

/// Likewise; what the store is asked.
class StoreEvents {
public:
    virtual ~StoreEvents() = default;
    virtual void on_store_claim(const cluster::StoreClaim& claim) = 0;
    virtual void on_store_release(const cluster::StoreRelease& release) = 0;
};

class RegisterDriver final : public RegisterAccess {
public:
    using Action = std::function<cluster::Effects(cluster::Register&, TimePoint)>;
    /// Called on any thread, without a lock: next_deadline() is earlier than what arm() returned last.
    using DeadlineMoved = std::function<void()>;

    /// `clock` may be called on any thread; the register's time never goes back.
    RegisterDriver(std::shared_ptr<const cluster::Members> members, const cluster::Register::Start& start,
                   std::function<TimePoint()> clock);

    /// To be called once, before anything else. What no longer exists is not called.
    void set_receivers(std::weak_ptr<ClaimEvents> claims, std::weak_ptr<RouteEvents> routes,
                       DeadlineMoved deadline_moved);
    /// Likewise, of those who need it.
    void set_value_receiver(std::weak_ptr<ValueEvents> values) { values_ = std::move(values); }
    void set_store_receiver(std::weak_ptr<StoreEvents> store) { store_ = std::move(store); }
    /// Those that the register began with: with a store others are added, which only Register::members() has.
    const cluster::Members& members() const noexcept { return *members_; }

    /// Calls the register, and carries out its effects, or leaves that to the thread that does so now.
    void update(const Action& action);
    /// Returns what `look` returns for the register, under its lock, which `look` must not need again.
    template <typename Look>
    auto read(Look look) const {
        const MutexLock lock(mutex_);
        return look(static_cast<const cluster::Register&>(register_), now());
    }

    /// The time of the next tick(); `never` if there is none.
    TimePoint arm();
    void tick();
    /// An error, for people.
    std::optional<std::string> forget(const std::string& member);

    /// Register::add_member(). `known` is called with its place, with the register locked.
    std::optional<cluster::MemberIndex> add_member(const std::string& name,
                                                   const std::function<void(cluster::MemberIndex)>& known);
    /// Register::remove_member(): the place that is free now. What follows from it is carried out by the next update().
    std::optional<cluster::MemberIndex> remove_member(const std::string& name);
    /// Register::members_found().
    void members_found();

    // RegisterAccess.
    cluster::LinkId new_link() override;
    cluster::Hello hello() const override;
    Result<cluster::MemberIndex, std::string> connected(cluster::LinkId link, const cluster::Hello& hello,
                                                        std::shared_ptr<RegisterPeer> peer) override;
    void received(cluster::LinkId link, const cluster::Message& message) override;
    void disconnected(cluster::LinkId link) override;
    std::optional<cluster::Message> next(cluster::LinkId link) override;

private:
    struct Link {
        cluster::MemberIndex member = 0;
        std::shared_ptr<RegisterPeer> peer;
    };

    TimePoint now() const REQUIRES(mutex_);
    void queue(cluster::Effects effects) REQUIRES(mutex_);
    void refuse_other_links(cluster::MemberIndex member) REQUIRES(mutex_);
    void carry_out() noexcept;
    void carry_out(const cluster::Effect& effect);
    std::shared_ptr<RegisterPeer> peer(cluster::LinkId link) const;

    const std::shared_ptr<const cluster::Members> members_;
    const std::function<TimePoint()> clock_;
    std::weak_ptr<ClaimEvents> claims_;
    std::weak_ptr<RouteEvents> routes_;
    std::weak_ptr<ValueEvents> values_;
    std::weak_ptr<StoreEvents> store_;
    DeadlineMoved deadline_moved_;
    mutable Mutex mutex_;
    cluster::Register register_ GUARDED_BY(mutex_);
    mutable TimePoint latest_ GUARDED_BY(mutex_);
    TimePoint armed_ GUARDED_BY(mutex_) = never;
    cluster::LinkId last_link_ GUARDED_BY(mutex_) = 0;
    std::map<cluster::LinkId, Link> links_ GUARDED_BY(mutex_);  // until disconnected()
    std::deque<cluster::Effect> effects_ GUARDED_BY(mutex_);
    bool is_carrying_out_ GUARDED_BY(mutex_) = false;
};

}  // namespace ferrotunnel::peers
