// The sleep of a worker inside an io_context: it ends when the worker's poller has events, when the earliest timer is
// due, or by a turn that the worker has posted to itself.
//
//     idle --watch, set_alarm, post--> a handler is in the io_context --it runs: Sleeper::on_wake--> idle
//
// A handler keeps its sleeper alive. Each kind has at most one active handler; memory for them is reserved.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

/// Preallocated memory for the few handlers that an object has in an io_context at a time, so that waiting never fails
/// for lack of memory.
class HandlerMemory {
public:
    HandlerMemory() = default;
    HandlerMemory(const HandlerMemory&) = delete;
    HandlerMemory& operator=(const HandlerMemory&) = delete;

    /// Takes a free place that is large enough, or else memory from the allocator.
    void* allocate(std::size_t bytes) {
        for (Place& place : places_) {
            if (bytes <= sizeof place.memory && !place.taken.exchange(true, std::memory_order_acquire)) {
                return place.memory;
            }
        }
        return ::operator new(bytes);
    }
    void deallocate(void* memory) noexcept {
        for (Place& place : places_) {
            if (memory == place.memory) {
                place.taken.store(false, std::memory_order_release);
                return;
            }
        }
        ::operator delete(memory);
    }

    /// The allocator in the form that Asio requires.
    template <typename Value>
    class Allocator {
    public:
        using value_type = Value;

        explicit Allocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
        template <typename Other>
        Allocator(const Allocator<Other>& other) noexcept : memory_(other.memory_) {}  // NOLINT: as the rules want it

        Value* allocate(std::size_t count) { return static_cast<Value*>(memory_->allocate(count * sizeof(Value))); }
        void deallocate(Value* values, std::size_t) noexcept { memory_->deallocate(values); }
        friend bool operator==(const Allocator&, const Allocator&) noexcept = default;

    private:
        template <typename>
        friend class Allocator;
        HandlerMemory* memory_;
    };

    /// Wraps `function` as a handler whose operation lies here; it must keep the memory alive.
    template <typename Function>
    struct Handler {
        using allocator_type = Allocator<void>;

        allocator_type get_allocator() const noexcept { return allocator_type(memory); }
        template <typename... Arguments>
        void operator()(Arguments&&... arguments) {
            function(std::forward<Arguments>(arguments)...);
        }

        HandlerMemory& memory;
        Function function;
    };
    template <typename Function>
    Handler<Function> handler(Function function) {
        return {*this, std::move(function)};
    }

private:
    struct Place {
        alignas(std::max_align_t) std::byte memory[256];
        std::atomic<bool> taken{false};
    };
    std::array<Place, 8> places_;
};

/// For one thread at a time. Destroyed before the io_context, or closed.
class AsioSleep {
public:
    enum class Cause : std::uint8_t { posted, events, alarm };

    /// The sleeping object: it owns the AsioSleep.
    class Sleeper : public std::enable_shared_from_this<Sleeper> {
    public:
        /// In the io_context's thread. If it may wake, it calls woken_by() with the cause.
        virtual void on_wake(Cause cause) noexcept = 0;

    protected:
        ~Sleeper() = default;
    };

    /// `poller`: a descriptor that is readable while there are events; it is not closed here.
    AsioSleep(asio::io_context& io, int poller);
    ~AsioSleep() { close(); }
    AsioSleep(const AsioSleep&) = delete;
    AsioSleep& operator=(const AsioSleep&) = delete;

    /// Wakes the sleeper in a turn of its own.
    void post(Sleeper& sleeper) noexcept;
    /// Waits for events. The io_context checks the descriptor again with each wait, so no event is lost between the
    /// last check of the poller and this call.
    void watch(Sleeper& sleeper) noexcept;
    /// Wakes at `when`, or at an earlier time that was set before; it has to be set again then. False if it was set to
    /// `when` or an earlier time. The io_context's list of timers may need memory: without it the sleeper wakes at
    /// once, as long as the shortage lasts.
    bool set_alarm(Sleeper& sleeper, TimePoint when) noexcept;
    /// A wait for this is over, and the next one may begin.
    void woken_by(Cause cause) noexcept;

    /// Removes everything from the io_context. Afterwards nothing can be set any more. Idempotent.
    void close() noexcept;

private:
    asio::io_context& io_;
    HandlerMemory memory_;
    std::optional<asio::posix::stream_descriptor> watch_;
    std::optional<asio::steady_timer> alarm_;
    TimePoint alarm_at_ = never;
    bool is_watching_ = false;
};

}  // namespace ferrotunnel::runtime
