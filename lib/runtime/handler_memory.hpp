// Preallocated memory for the few handlers that an object has in an io_context at a time, so that waiting never fails
// for lack of memory.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

namespace ferrotunnel::runtime {

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

}  // namespace ferrotunnel::runtime
