// A pending decision of a plugin. The plugin and the exchange's run have the same ticket and generation, by value; the
// first of them to change the state owns the result.
//
//   free --take--> open --decide (any thread)--> on its way --delivered on the worker--> free, next generation
//                    '--withdraw (worker: deadline, end of the exchange)---------------> free, next generation
//
// A ticket is never freed, so a handle that is used twice, or long after its exchange has ended, finds another
// generation and does nothing. There are as many tickets as ever waited at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "buffer/mailbox.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A plugin's decision: what to run on the worker, and how to free its context afterwards.
struct Continuation {
    ft_decision (*run)(ft_exchange*, void* user) = nullptr;  // null: continue
    void* user = nullptr;
    void (*release)(void* user) = nullptr;
    ft_decision (*run_subject)(ft_subject*, void* user) = nullptr;  // instead of `run`, for a phase of sessions

    /// Decides on an exchange, or on a subject of a session's phase. A decision for the other kind is a failure.
    ft_decision decide(ft_exchange* exchange) const {
        return run != nullptr ? run(exchange, user) : run_subject != nullptr ? FT_FAILED : FT_GO_ON;
    }
    ft_decision decide(ft_subject* subject) const {
        return run_subject != nullptr ? run_subject(subject, user) : run != nullptr ? FT_FAILED : FT_GO_ON;
    }
    void free_context() const noexcept {
        if (release != nullptr) {
            release(user);
        }
    }
};

/// Waits for a ticket's decision. Lives on the worker.
class TicketUser {
public:
    /// The decision has arrived; the ticket is gone. The callee runs `then` or not, and frees its context.
    virtual void on_decision(const Continuation& then) noexcept = 0;

protected:
    ~TicketUser() = default;
};

class DecisionTap;

class Ticket final : public buffer::Mail {
public:
    /// A ticket as a plugin or a run holds it.
    struct Handle {
        Ticket* ticket = nullptr;
        std::uint64_t generation = 0;
    };

    /// Takes a ticket whose decision goes to `user`, on the owner's thread of `mailbox`. `keeps` lives until the
    /// decision is delivered or the ticket withdrawn. Called on that thread.
    static Handle take(TicketUser& user, std::shared_ptr<buffer::Mailbox> mailbox, std::shared_ptr<void> keeps);

    /// Decides. Thread-safe; with a stale or null handle only the context is freed.
    static void decide(Handle handle, const Continuation& then) noexcept;
    /// Like decide(), without the tap.
    static void decide_now(Handle handle, const Continuation& then) noexcept;
    /// Returns the ticket, or discards its decision if one is on its way. Called on the thread of `user`, which took
    /// the ticket. False if it was decided, or the handle is stale.
    static bool withdraw(Handle handle, TicketUser& user) noexcept;

    /// Sets what intercepts decisions before their tickets; null for none. For tests of plugins.
    static void set_tap(DecisionTap* tap) noexcept;
    /// The number of tickets, used or not. For tests.
    static std::size_t made() noexcept;

private:
    friend class TicketPool;

    static constexpr std::uint64_t open_of(std::uint64_t generation) noexcept { return generation * 2 + 1; }
    static constexpr std::uint64_t closed_of(std::uint64_t generation) noexcept { return generation * 2; }

    void deliver() noexcept override { finish(user_.load(std::memory_order_relaxed)); }
    void dropped() noexcept override { finish(nullptr); }
    void finish(TicketUser* user) noexcept;
    void return_to_pool() noexcept;

    std::atomic<std::uint64_t> state_{0};
    std::atomic<TicketUser*> user_{nullptr};  // on the worker; null: withdrawn while the decision was on its way
    std::shared_ptr<buffer::Mailbox> mailbox_;
    std::shared_ptr<void> keeps_;
    Continuation continuation_;  // owned by the thread that has decided
};

}  // namespace ferrotunnel::plugin
