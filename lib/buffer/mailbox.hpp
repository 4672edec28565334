// Mailboxes, by which other threads reach a worker: the worker takes all messages at once, and a doorbell rings only if
// it sleeps.
//
// Other threads hold the mailbox (shared), never the worker or its io_context. Once the mailbox is closed, post()
// returns false and drops the message, so a message's destructor must handle its loss.
//
// No ring is lost because owner and senders change `parked_` only by read-modify-write: of a post and a try_park the
// later one reads what the other wrote. Clearing the flag with a plain store would break that chain: with two senders,
// one rings for an earlier message while the other, finding the flag clear, has not been seen yet.
//
// A mailbox also identifies its worker: code that must run on a worker asserts this with check_here().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Whether check_here() checks anything: in debug builds and with AddressSanitizer. ThreadSanitizer finds such races
/// itself, and would be slowed by the check's atomics; release builds have no cost.
#if defined(NDEBUG) || defined(__SANITIZE_THREAD__)
inline constexpr bool checks_threads = false;
#else
inline constexpr bool checks_threads = true;
#endif

/// A message. An object may be posted again only after it was delivered.
class Mail : public RefCounted {
public:
    /// Runs on the mailbox's owner when the message is delivered.
    virtual void deliver() noexcept = 0;
    /// Called instead of `deliver` when the mailbox is closed with the message in it, on the thread that closes it.
    virtual void dropped() noexcept {}

private:
    friend class Mailbox;
    Mail* next_mail_ = nullptr;
};

/// Wakes the owner of a mailbox from its sleep. Must be safe to ring from any thread while the mailbox lives, even
/// after the mailbox was closed and its owner was destroyed.
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

    /// Posts a message; any thread. Returns false, and releases the message, if the mailbox is closed.
    bool post(IntrusivePtr<Mail> mail) noexcept;

    /// Posts a callable; any thread. False when closed. Throws std::bad_alloc when there is no memory for the message:
    /// messages that must not fail are made beforehand (WakeMail). The callable may throw nothing but std::bad_alloc:
    /// then the message is lost as in a closed mailbox, and the destructors of its contents handle that. A callable
    /// whose loss would leave another party waiting must be noexcept: then the process ends instead.
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

    /// Whether the mailbox is closed; any thread.
    bool is_closed() const noexcept { return head_.load(std::memory_order_acquire) == closed_mark(); }

    /// Delivers the posted messages, in order of posting (per sender); owner only. True if there were any. A message
    /// may deliver the rest from within its own delivery, or close the mailbox, which drops the rest; it must not
    /// destroy it.
    bool deliver_all() noexcept;

    /// Called by the owner before it sleeps. True: the owner may sleep, and the next post rings; false: it must deliver
    /// again.
    bool try_park() noexcept;

    /// Called by the owner when it woke up for another reason: posts need not ring until it parks again. It is a
    /// read-modify-write, so that `try_park` still sees a post which did not ring because of an earlier one.
    void unpark() noexcept { parked_.exchange(false, std::memory_order_acq_rel); }

    /// Releases all messages and rejects every later one; owner only.
    void close() noexcept;

    /// Records for check_here() that the owner runs on this thread; called by the owner in each of its rounds.
    void own_here() noexcept {
        if constexpr (checks_threads) {
            owner_.store(this_thread(), std::memory_order_relaxed);
        }
    }
    /// Whether this thread may use the owner's objects: it is the owner's thread, or the owner has not begun, or the
    /// mailbox is closed, so that only the thread that destroys everything uses them. Only meaningful with
    /// checks_threads.
    bool is_owned_here() const noexcept;

private:
    static Mail* closed_mark() noexcept { return reinterpret_cast<Mail*>(std::uintptr_t{1}); }
    void collect() noexcept;
    IntrusivePtr<Mail> next() noexcept;
    static const void* this_thread() noexcept;

    std::atomic<Mail*> head_{nullptr};
    std::atomic<bool> parked_{false};
    std::atomic<const void*> owner_{nullptr};  // identifies the worker's thread; null before that begins
    Mail* collected_ = nullptr;                // the owner's: collected but not yet delivered, oldest first
    std::unique_ptr<Doorbell> doorbell_;
};

/// Asserts that the caller runs on the worker of this mailbox, or may act for it (Mailbox::is_owned_here).
inline void check_here([[maybe_unused]] const Mailbox& mailbox, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
    if constexpr (checks_threads) {
        check(mailbox.is_owned_here(), "this is called on its worker only", file, line);
    }
}

/// Wakes one object from other threads, or in a later round, by a message that is made beforehand, so that a wake never
/// fails for lack of memory. However often a wake is requested, at most one is pending. `Target` usually holds this
/// object. While a wake is pending, a `Pointer` keeps the target alive: an IntrusivePtr, a shared_ptr, or a plain
/// pointer to an object that outlives the mailbox's owner.
template <typename Target, typename Pointer = IntrusivePtr<Target>>
class WakeMail final : public Mail {
public:
    /// Runs on the target's own thread.
    using Action = void (*)(const Pointer&) noexcept;

    explicit WakeMail(Action action = [](const Pointer& target) noexcept { target->woken(); }) : action_(action) {}

    /// Requests a wake; any thread. False when the mailbox is closed.
    bool post(Mailbox& mailbox, Target& target) noexcept requires std::is_same_v<Pointer, IntrusivePtr<Target>> {
        return !begin() || send(mailbox, Pointer(&target));
    }
    bool post(Mailbox& mailbox, Pointer target) noexcept { return !begin() || send(mailbox, std::move(target)); }

    void deliver() noexcept override {
        const Pointer target = std::exchange(target_, Pointer());
        // Not a plain store: it also reads, so the target sees everything that was written before the last wake.
        posted_.exchange(false, std::memory_order_acq_rel);
        action_(target);
    }
    void dropped() noexcept override {
        [[maybe_unused]] const Pointer target = std::exchange(target_, Pointer());  // maybe the last besides the list's
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
    Pointer target_{};  // set while a wake is pending
    std::atomic<bool> posted_{false};
};

}  // namespace ferrotunnel::buffer
