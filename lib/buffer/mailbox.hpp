// How other threads reach a worker: messages that it takes all at once, and a doorbell that rings only when it sleeps.
//
// Foreign threads hold the mailbox (shared), never the worker or its io_context. Once closed, posting answers false and
// the message is dropped, so a message's destructor must say what its loss means.
//
// No ring is lost because owner and senders change `parked_` by read-modify-write alone: of a post and a try_park one
// comes later and reads what the other wrote. Taking the flag down by a plain store would break that chain: with two
// senders, one rings for an earlier message while the other, finding the flag down, has not yet been seen.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// A message. A given object may be posted again only after it was delivered.
class Mail : public RefCounted {
public:
    /// Runs on the mailbox's owner.
    virtual void deliver() noexcept = 0;
    /// Instead, when the mailbox is closed with the message in it; on whichever thread does that.
    virtual void dropped() noexcept {}

private:
    friend class Mailbox;
    Mail* next_mail_ = nullptr;
};

/// Wakes the owner of a mailbox out of its sleep; must be safe to ring from any thread while the mailbox lives, also
/// after it was closed and its owner is gone.
class Doorbell {
public:
    virtual ~Doorbell() = default;
    virtual void ring() noexcept = 0;
};

class Mailbox {
public:
    explicit Mailbox(std::unique_ptr<Doorbell> doorbell);
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Any thread. False, and the message is let go, when the mailbox is closed.
    bool post(IntrusivePtr<Mail> mail) noexcept;

    /// Any thread. Posts a callable; false when closed. Throws std::bad_alloc where there is no memory for the message:
    /// what must not fail is made beforehand (WakeMail). The callable may throw std::bad_alloc alone: then the message
    /// is lost, as one in a mailbox that is closed, and what it holds says what that means. A callable whose
    /// loss would leave somebody waiting is noexcept: then the process ends instead.
    template <typename Callable>
    bool post_call(Callable callable) {
        class Call final : public Mail {
        public:
            explicit Call(Callable callable_in) : callable_(std::move(callable_in)) {}
            void deliver() noexcept override {
                try {
                    callable_();
                } catch (const std::bad_alloc&) {
                }
            }

        private:
            Callable callable_;
        };
        return post(make_intrusive<Call>(std::move(callable)));
    }

    /// Any thread.
    bool is_closed() const noexcept { return head_.load(std::memory_order_acquire) == closed_mark(); }

    /// The owner. Delivers what has come, in order of posting (per sender). True when there was something. A message
    /// may deliver the rest from within itself, or close the mailbox, which drops the rest; it must not destroy it.
    bool deliver_all() noexcept;

    /// The owner, before it sleeps: true when it may, and then the next post rings; false: deliver again.
    bool try_park() noexcept;

    /// The owner, when it is awake again for another reason: posts need not ring until it parks the next time.
    /// A read-modify-write, so that a post which did not ring because of an earlier one is still seen by `try_park`.
    void unpark() noexcept { parked_.exchange(false, std::memory_order_acq_rel); }

    /// The owner. Lets go of what is inside and refuses everything later.
    void close() noexcept;

private:
    static Mail* closed_mark() noexcept { return reinterpret_cast<Mail*>(std::uintptr_t{1}); }
    void collect() noexcept;
    IntrusivePtr<Mail> next() noexcept;

    std::atomic<Mail*> head_{nullptr};
    std::atomic<bool> parked_{false};
    Mail* collected_ = nullptr;  // the owner's: oldest first, not yet delivered
    std::unique_ptr<Doorbell> doorbell_;
};

/// Wakes one object from other threads, or in a later round, by a message that is made beforehand, so that a wake never
/// fails for want of memory. However often it is asked for, one at most is on its way. `Target` usually holds this;
/// while a wake is on its way, a `Pointer` keeps the target: an IntrusivePtr, a shared_ptr, or a plain pointer to what
/// outlives the mailbox's owner.
template <typename Target, typename Pointer = IntrusivePtr<Target>>
class WakeMail final : public Mail {
public:
    /// On the target's own thread.
    using Action = void (*)(const Pointer&) noexcept;

    explicit WakeMail(Action action = [](const Pointer& target) noexcept { target->woken(); }) : action_(action) {}

    /// Any thread. False when the mailbox is closed.
    bool post(Mailbox& mailbox, Target& target) noexcept requires std::is_same_v<Pointer, IntrusivePtr<Target>> {
        return !begin() || send(mailbox, Pointer(&target));
    }
    bool post(Mailbox& mailbox, Pointer target) noexcept { return !begin() || send(mailbox, std::move(target)); }

    void deliver() noexcept override {
        const Pointer target = std::exchange(target_, Pointer());
        // Not a store: reading what the last wake wrote makes what it announced visible to the target.
        posted_.exchange(false, std::memory_order_acq_rel);
        action_(target);
    }
    void dropped() noexcept override {
        [[maybe_unused]] const Pointer target = std::exchange(target_, Pointer());  // perhaps the last but the list's
        posted_.exchange(false, std::memory_order_acq_rel);
    }

private:
    bool begin() noexcept { return !posted_.exchange(true, std::memory_order_acq_rel); }
    bool send(Mailbox& mailbox, Pointer target) noexcept {
        target_ = std::move(target);
        if (mailbox.post(IntrusivePtr<Mail>(this))) {
            return true;
        }
        dropped();
        return false;
    }

    const Action action_;
    Pointer target_{};  // while it is on its way
    std::atomic<bool> posted_{false};
};

}  // namespace ferrotunnel::buffer
