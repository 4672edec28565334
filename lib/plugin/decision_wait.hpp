// A run's wait for the pending decision of one of its instances: the ticket, then the decision, and the instance's
// deadline.
//
//   idle --take, begin--> pending --decided--> arrived --take_continuation--> idle
//                            '--expire--> expired --take_expired--> idle
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "plugin/ticket.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

class DecisionWait final : private TicketUser {
public:
    /// The waiting run; called on its worker, never from within a call of this object.
    class Owner {
    public:
        virtual void on_decision() noexcept = 0;

    protected:
        ~Owner() = default;
    };

    /// `token`: name of the token whose services are concerned; the text must stay valid as long as hooks run.
    /// `held_bytes`: memory that a wait keeps, which counts towards the limits of the worker and of the token.
    DecisionWait(IntrusivePtr<WorkerChain> chain, std::string_view token, std::size_t held_bytes, Owner& owner);
    ~DecisionWait();
    DecisionWait(const DecisionWait&) = delete;
    DecisionWait& operator=(const DecisionWait&) = delete;

    /// A handle for the running hook of that instance. Null: too many wait, or the hook has one.
    Ticket::Handle take(std::size_t instance, std::uint64_t timeout_ns) noexcept;
    /// The hook decides later. False if it has no handle.
    bool begin(TimePoint now) noexcept;
    /// The hook has decided: its handle is no longer valid.
    void withdraw() noexcept;

    /// Whether no decision has arrived yet.
    bool is_pending() const noexcept { return waits_ && !continuation_ && !expired_; }
    /// Whether a decision has arrived, or the deadline has passed.
    bool is_over() const noexcept { return waits_ && !is_pending(); }
    TimePoint until() const noexcept { return until_; }
    /// The deadline has passed.
    void expire() noexcept;
    bool take_expired() noexcept;
    /// The decision. The caller must free its context.
    Continuation take_continuation() noexcept;

    /// The next instance has its own time.
    void renew_time() noexcept { hold_until_ = never; }
    /// Ends the wait.
    void stop() noexcept;

private:
    void on_decision(const Continuation& then) noexcept override;

    const IntrusivePtr<WorkerChain> chain_;
    const std::string_view token_;
    const std::size_t held_bytes_;
    Owner& owner_;
    Ticket::Handle ticket_;
    std::size_t instance_ = 0;      // the instance that has the ticket
    WaitShares::iterator share_{};  // where that is counted
    Duration timeout_{};
    bool waits_ = false;
    bool expired_ = false;
    std::optional<Continuation> continuation_;
    TimePoint until_ = never;       // for this decision
    TimePoint hold_until_ = never;  // for all decisions of one instance in one phase
};

}  // namespace ferrotunnel::plugin
