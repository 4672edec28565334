// A client as a member of a group, referenced by the visitors that count at it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "directory/mutant.hpp"
#include "metrics/member_counters.hpp"

namespace ferrotunnel::directory {

/// One membership of a client, from its first trunk to its last. Thread-safe; its CarrierList changes it.
class GroupMember {
public:
    enum class State : std::uint8_t { takes_visitors, standby, unhealthy, ejected, draining, waiting };

    /// `tag`: its value in cookies; empty if there are none. `accepted_tag`: that by StickyKey::accepted().
    GroupMember(std::uint64_t number, std::string name, std::string tag, std::shared_ptr<metrics::MemberRow> row,
                std::string accepted_tag = {})
        : number_(number),
          name_(name.empty() ? "#" + std::to_string(number) : std::move(name)),
          tag_(std::move(tag)),
          accepted_tag_(std::move(accepted_tag)),
          row_(std::move(row)) {}

    /// A number that is never reused in the list; not 0.
    std::uint64_t number() const noexcept { return number_; }
    /// The client's own name; without one the number, "#2".
    const std::string& name() const noexcept { return name_; }
    const std::string& tag() const noexcept { return tag_; }
    const std::string& accepted_tag() const noexcept { return accepted_tag_; }
    State state() const noexcept { return state_.load(std::memory_order_relaxed); }
    /// Visitors with a stream, in total and now.
    std::uint64_t visitors() const noexcept { return visitors_.load(std::memory_order_relaxed); }
    std::uint64_t visitors_open() const noexcept { return open_.load(std::memory_order_relaxed); }
    /// Including visitors on their way to it or queued for it: the value that the balance uses.
    std::uint64_t visitors_now() const noexcept { return now_.load(std::memory_order_relaxed); }
    /// Whether the list must also learn of successful visitors: it has failed some, or is out.
    bool is_watched() const noexcept { return watched_.load(std::memory_order_relaxed); }

private:
    friend class MemberVisit;
    template <typename Trunk>
    friend class CarrierList;

    void add_visitor() noexcept { now_.fetch_add(1, std::memory_order_relaxed); }
    void remove_visitor() noexcept { now_.fetch_sub(mutant(Mutant::uncounted_end) ? 0 : 1, std::memory_order_relaxed); }
    void begin() noexcept {
        visitors_.fetch_add(1, std::memory_order_relaxed);
        open_.fetch_add(1, std::memory_order_relaxed);
        if (row_) {
            row_->visitors.fetch_add(1, std::memory_order_relaxed);
            row_->now.fetch_add(1, std::memory_order_relaxed);
        }
    }
    void end() noexcept {
        open_.fetch_sub(1, std::memory_order_relaxed);
        if (row_) {
            row_->now.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    void uncount() noexcept {
        visitors_.fetch_sub(1, std::memory_order_relaxed);
        if (row_) {
            row_->visitors.fetch_sub(1, std::memory_order_relaxed);
        }
    }

    const std::uint64_t number_;
    const std::string name_;
    const std::string tag_;
    const std::string accepted_tag_;
    const std::shared_ptr<metrics::MemberRow> row_;  // may be null
    std::atomic<State> state_{State::takes_visitors};
    std::atomic<std::uint64_t> visitors_{0};
    std::atomic<std::uint64_t> open_{0};
    std::atomic<std::uint64_t> now_{0};
    std::atomic<bool> watched_{false};
};

/// A visitor or request of a member, counted as long as this lives. Empty if there is no group.
class MemberVisit {
public:
    MemberVisit() = default;
    /// A visit that has begun.
    explicit MemberVisit(std::shared_ptr<GroupMember> member) noexcept : MemberVisit(on_its_way(std::move(member))) {
        begin();
    }
    /// A visit that begins when the visitor has a stream: begin().
    static MemberVisit on_its_way(std::shared_ptr<GroupMember> member) noexcept {
        MemberVisit visit;
        visit.member_ = std::move(member);
        if (visit.member_) {
            visit.member_->add_visitor();
        }
        return visit;
    }
    MemberVisit(MemberVisit&& other) noexcept
        : member_(std::move(other.member_)), has_begun_(std::exchange(other.has_begun_, false)) {}
    MemberVisit& operator=(MemberVisit&& other) noexcept {
        if (this != &other) {
            end();
            member_ = std::move(other.member_);
            has_begun_ = std::exchange(other.has_begun_, false);
        }
        return *this;
    }
    ~MemberVisit() { end(); }

    /// Null if there is no group.
    const GroupMember* member() const noexcept { return member_.get(); }
    const std::shared_ptr<GroupMember>& shared() const noexcept { return member_; }
    void begin() noexcept {
        if (member_ && !std::exchange(has_begun_, true)) {
            member_->begin();
        }
    }
    /// Uncounts the visit, since the member had no room for it.
    void uncount() noexcept {
        if (has_begun_) {
            member_->uncount();
        }
        end();
    }

private:
    void end() noexcept {
        if (std::exchange(has_begun_, false)) {
            member_->end();
        }
        if (member_) {
            member_->remove_visitor();
            member_.reset();
        }
    }

    std::shared_ptr<GroupMember> member_;
    bool has_begun_ = false;
};

/// Counts a visitor in flight at `member` (null if there is no group), and no longer at the previous one.
inline void count_at(const std::shared_ptr<GroupMember>& member, std::shared_ptr<MemberVisit>& visit) {
    if (visit) {
        visit->uncount();
    }
    visit = member ? std::make_shared<MemberVisit>(MemberVisit::on_its_way(member)) : nullptr;
}

}  // namespace ferrotunnel::directory
