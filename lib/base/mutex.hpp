// Mutexes, locks and condition variables of the standard library, with what clang's thread-safety analysis needs to
// check them (check.locks). They cost what the standard ones cost.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

// Annotations for the analysis (`-Wthread-safety`); empty for other compilers. The only macros of lib/, since an
// attribute that names a member declared later has no other spelling.
#if defined(__clang__)
#define FERROTUNNEL_ANALYSED(attribute) __attribute__((attribute))
#else
#define FERROTUNNEL_ANALYSED(attribute)
#endif

// For a data member: it is read and written only with the mutex locked.
#define GUARDED_BY(mutex) FERROTUNNEL_ANALYSED(guarded_by(mutex))

// For a function or lambda: its caller has locked the mutex.
#define REQUIRES(...) FERROTUNNEL_ANALYSED(requires_capability(__VA_ARGS__))

// For mutexes and locks: only this file needs them.
#define CAPABILITY(name) FERROTUNNEL_ANALYSED(capability(name))
#define SCOPED_CAPABILITY FERROTUNNEL_ANALYSED(scoped_lockable)
#define ACQUIRE(...) FERROTUNNEL_ANALYSED(acquire_capability(__VA_ARGS__))
#define RELEASE(...) FERROTUNNEL_ANALYSED(release_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(mutex) FERROTUNNEL_ANALYSED(assert_capability(mutex))

// For a function whose locks the analysis cannot follow; the line gives the reason.
#define NO_THREAD_SAFETY_ANALYSIS FERROTUNNEL_ANALYSED(no_thread_safety_analysis)

namespace ferrotunnel {

class CAPABILITY("mutex") Mutex {
public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock() ACQUIRE() { mutex_.lock(); }
    void unlock() RELEASE() { mutex_.unlock(); }

    /// States for the analysis that the mutex is locked, where an annotation cannot.
    void assert_locked() const ASSERT_CAPABILITY(this) {}

private:
    friend class ReleasableLock;

    std::mutex mutex_;
};

/// Locks the mutex during its lifetime.
class SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() RELEASE() { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

/// Locks the mutex until unlock() or its destruction; may wait for a ConditionVariable.
class SCOPED_CAPABILITY ReleasableLock {
public:
    explicit ReleasableLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
    ~ReleasableLock() RELEASE() {}
    ReleasableLock(const ReleasableLock&) = delete;
    ReleasableLock& operator=(const ReleasableLock&) = delete;

    void lock() ACQUIRE() { lock_.lock(); }
    void unlock() RELEASE() { lock_.unlock(); }
    bool owns_lock() const noexcept { return lock_.owns_lock(); }

private:
    friend class ConditionVariable;

    std::unique_lock<std::mutex> lock_;
};

/// A condition variable for the lock's mutex, which is locked again when a wait returns. A condition is a lambda with
/// REQUIRES(the mutex).
class ConditionVariable {
public:
    void notify_one() noexcept { variable_.notify_one(); }
    void notify_all() noexcept { variable_.notify_all(); }

    void wait(ReleasableLock& lock) { variable_.wait(lock.lock_); }
    template <typename Condition>
    void wait(ReleasableLock& lock, Condition condition) {
        variable_.wait(lock.lock_, std::move(condition));
    }

    template <typename TimePoint>
    std::cv_status wait_until(ReleasableLock& lock, const TimePoint& until) {
        return variable_.wait_until(lock.lock_, until);
    }
    template <typename TimePoint, typename Condition>
    bool wait_until(ReleasableLock& lock, const TimePoint& until, Condition condition) {
        return variable_.wait_until(lock.lock_, until, std::move(condition));
    }

    template <typename Duration, typename Condition>
    bool wait_for(ReleasableLock& lock, const Duration& time, Condition condition) {
        return variable_.wait_for(lock.lock_, time, std::move(condition));
    }

private:
    std::condition_variable variable_;
};

}  // namespace ferrotunnel
