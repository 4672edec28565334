#include "plugin/ticket.hpp"

#include <utility>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "base/mutex.hpp"
#include "plugin/decision_tap.hpp"

namespace ferrotunnel::plugin {

/// All tickets of the process. They outlive every thread.
class TicketPool {
public:
    static TicketPool& instance() {
        static auto* const pool =
            new TicketPool;  // never destroyed: a plugin's threads may end after this process's main
        return *pool;
    }

    Ticket& take() {
        const MutexLock lock(mutex_);
        if (free_.empty()) {
            all_.push_back(make_intrusive<Ticket>());
            free_.reserve(all_.size());  // returning a ticket must not allocate
            return *all_.back();
        }
        Ticket& ticket = *free_.back();
        free_.pop_back();
        return ticket;
    }

    void return_to_pool(Ticket& ticket) noexcept {
        const MutexLock lock(mutex_);
        free_.push_back(&ticket);
    }

    std::size_t size() noexcept {
        const MutexLock lock(mutex_);
        return all_.size();
    }

private:
    Mutex mutex_;
    std::vector<IntrusivePtr<Ticket>> all_ GUARDED_BY(mutex_);
    std::vector<Ticket*> free_ GUARDED_BY(mutex_);
};

Ticket::Handle Ticket::take(TicketUser& user, std::shared_ptr<buffer::Mailbox> mailbox, std::shared_ptr<void> keeps) {
    check_here(*mailbox);
    Ticket& ticket = TicketPool::instance().take();
    ticket.user_.store(&user, std::memory_order_relaxed);
    ticket.mailbox_ = std::move(mailbox);
    ticket.keeps_ = std::move(keeps);
    const std::uint64_t generation = ticket.state_.load(std::memory_order_relaxed) / 2;
    ticket.state_.store(open_of(generation), std::memory_order_release);
    return {&ticket, generation};
}

namespace {

std::atomic<DecisionTap*> tap_of_decisions{nullptr};

}  // namespace

void Ticket::set_tap(DecisionTap* tap) noexcept {
    tap_of_decisions.store(tap, std::memory_order_release);
}

void Ticket::decide(Handle handle, const Continuation& then) noexcept {
    DecisionTap* const tap = tap_of_decisions.load(std::memory_order_acquire);
    if (tap == nullptr || !tap->takes(handle, then)) {
        decide_now(handle, then);
    }
}

void Ticket::decide_now(Handle handle, const Continuation& then) noexcept {
    std::uint64_t expected = open_of(handle.generation);
    if (handle.ticket == nullptr || !handle.ticket->state_.compare_exchange_strong(
                                        expected, closed_of(handle.generation), std::memory_order_acq_rel)) {
        then.free_context();
        return;
    }
    Ticket& ticket = *handle.ticket;
    ticket.continuation_ = then;
    const std::shared_ptr<buffer::Mailbox> mailbox = ticket.mailbox_;  // the delivery may return the ticket meanwhile
    if (!mailbox->post(IntrusivePtr<buffer::Mail>(&ticket))) {
        ticket.finish(nullptr);
    }
}

bool Ticket::withdraw(Handle handle, TicketUser& user) noexcept {
    if (handle.ticket == nullptr) {
        return false;
    }
    Ticket& ticket = *handle.ticket;
    std::uint64_t expected = open_of(handle.generation);
    if (ticket.state_.compare_exchange_strong(expected, closed_of(handle.generation), std::memory_order_acq_rel)) {
        ticket.return_to_pool();
        return true;
    }
    // The decision is on its way to this thread. If the mailbox is closed it is not, and the ticket may get another
    // user at any moment.
    if (expected == closed_of(handle.generation)) {
        TicketUser* mine = &user;
        ticket.user_.compare_exchange_strong(mine, nullptr, std::memory_order_relaxed);
    }
    return false;
}

// Passes the decision to `user`, if there is one. The ticket is free before the call, since the callee may wait again.
void Ticket::finish(TicketUser* user) noexcept {
    const Continuation then = std::exchange(continuation_, {});
    const std::shared_ptr<void> keeps = keeps_;
    return_to_pool();
    if (user != nullptr) {
        user->on_decision(then);
    } else {
        then.free_context();
    }
}

void Ticket::return_to_pool() noexcept {
    user_.store(nullptr, std::memory_order_relaxed);
    const std::shared_ptr<buffer::Mailbox> mailbox = std::exchange(mailbox_, nullptr);
    const std::shared_ptr<void> keeps = std::exchange(keeps_, nullptr);
    state_.store((state_.load(std::memory_order_relaxed) / 2 + 1) * 2, std::memory_order_release);
    TicketPool::instance().return_to_pool(*this);
}

std::size_t Ticket::made() noexcept {
    return TicketPool::instance().size();
}

}  // namespace ferrotunnel::plugin
