// The wait of a run for the decision that one of its instances owes: the ticket while it is there, then what was
// decided, and the time that the instance has.
//
//   idle --take, begin--> pending --decided--> come --take_then--> idle
//                            '--expire--> passed --take_expired--> idle
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "plugin/ticket.hpp"

namespace ferrotunnel::plugin {

class WorkerChain;

class DecisionWait final : private TicketUser {
public:
    /// Who waits; told on its worker, never from within a call of this object.
    class Owner {
    public:
        virtual void on_decided() noexcept = 0;

    protected:
        ~Owner() = default;
    };

    /// `held_bytes`: what a wait keeps in memory, which is counted with that of the worker's others.
    DecisionWait(IntrusivePtr<WorkerChain> chain, std::size_t held_bytes, Owner& owner);
    ~DecisionWait();
    DecisionWait(const DecisionWait&) = delete;
    DecisionWait& operator=(const DecisionWait&) = delete;

    /// A handle for the hook that runs, of that instance. Null: too many wait, or the hook has one.
    Ticket::Handle take(std::size_t instance, std::uint64_t timeout_ns) noexcept;
    /// The hook decides later. False: it has no handle.
    bool begin(TimePoint now) noexcept;
    /// The hook has decided: a handle that it has taken is good for nothing.
    void withdraw() noexcept;

    /// Nothing has come yet.
    bool is_pending() const noexcept { return waits_ && !then_ && !expired_; }
    /// Something has come, or its time has passed.
    bool is_over() const noexcept { return waits_ && !is_pending(); }
    TimePoint until() const noexcept { return until_; }
    /// The time has passed.
    void expire() noexcept;
    bool take_expired() noexcept;
    /// What was decided. Its context is to be freed.
    Then take_then() noexcept;

    /// Whoever comes next has its own time.
    void renew_time() noexcept { hold_until_ = never; }
    /// Ends the wait.
    void stop() noexcept;

private:
    void on_ticket(const Then& then) noexcept override;

    const IntrusivePtr<WorkerChain> chain_;
    const std::size_t held_bytes_;
    Owner& owner_;
    Ticket::Handle ticket_;
    std::size_t instance_ = 0;  // who has the ticket
    Duration timeout_{};
    bool waits_ = false;
    bool expired_ = false;
    std::optional<Then> then_;
    TimePoint until_ = never;       // for this decision
    TimePoint hold_until_ = never;  // for all that one instance owes in one phase
};

}  // namespace ferrotunnel::plugin
