// Type-erased storage of a waiting handler, whose type only the application's compiler knows: behind one virtual call.
//
// An Operation is made in the application's call, with the handler's own allocator, and counts as work of the handler's
// executor. Completing it, from any thread, frees it and posts the handler to that executor; the handler never runs
// within the completion.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "ferrotunnel/detail/asio_version.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

namespace asio::detail {
template <typename Result, typename Blocking>
class promise_executor;  // asio/impl/use_future.hpp
}

namespace ferrotunnel::detail {

/// An operation that waits for its results.
template <typename... Results>
class Operation {
public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// Hands the results to the handler. Called exactly once, from any thread; this object is gone afterwards.
    virtual void complete(Results... results) noexcept = 0;

    std::uint64_t serial = 0;  // identifies this operation for a later cancellation

protected:
    ~Operation() = default;
};

/// A buffer sequence without its type; Buffer is asio::mutable_buffer or asio::const_buffer. Only the first
/// `pieces_max` pieces of a longer sequence are used, as `_some` operations allow.
template <typename Buffer>
class BufferList {
public:
    static constexpr std::size_t pieces_max = 16;

    BufferList() = default;
    template <typename Sequence>
    static BufferList of(const Sequence& buffers) {
        BufferList list;
        auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end && list.count_ < pieces_max; ++it) {
            Buffer piece(*it);
            if (piece.size() != 0) {
                list.pieces_[list.count_++] = piece;
            }
        }
        return list;
    }

    bool empty() const noexcept { return count_ == 0; }
    const Buffer* begin() const noexcept { return pieces_.data(); }
    const Buffer* end() const noexcept { return pieces_.data() + count_; }

private:
    std::array<Buffer, pieces_max> pieces_{};
    std::size_t count_ = 0;
};

using ReadBuffers = BufferList<asio::mutable_buffer>;
using WriteBuffers = BufferList<asio::const_buffer>;

/// A read or a write. The caller keeps the memory of the buffers alive until the handler is called.
template <typename Buffers>
class IoOperation : public Operation<std::error_code, std::size_t> {
public:
    Buffers buffers;

protected:
    ~IoOperation() = default;
};

using ReadOperation = IoOperation<ReadBuffers>;
using WriteOperation = IoOperation<WriteBuffers>;

/// What is posted in the end: the handler and its arguments, with the handler's executor and allocator. The work guard
/// travels along, because the thread that completes must not touch the executor after posting: the handler may have run
/// by then, and the application may have destroyed the io_context.
template <typename Handler, typename Executor, typename... Results>
class PostedHandler {
public:
    using executor_type = Executor;
    using allocator_type = asio::associated_allocator_t<Handler>;

    PostedHandler(Handler&& handler, asio::executor_work_guard<Executor>&& work, Results&&... results)
        : handler_(std::move(handler)), work_(std::move(work)), results_(std::move(results)...) {}

    executor_type get_executor() const noexcept { return work_.get_executor(); }
    allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler_); }
    void operator()() { std::apply(std::move(handler_), std::move(results_)); }

private:
    Handler handler_;
    asio::executor_work_guard<Executor> work_;
    std::tuple<Results...> results_;
};

/// An operation with its handler. `Base` derives from Operation<Results...>.
template <typename Base, typename Handler, typename... Results>
class HandlerOperation final : public Base {
public:
    using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
    using Allocator =
        typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<HandlerOperation>;

    template <typename AnyHandler>
    static HandlerOperation* make(AnyHandler&& handler, const asio::any_io_executor& fallback) {
        Allocator allocator(asio::get_associated_allocator(handler));
        HandlerOperation* memory = std::allocator_traits<Allocator>::allocate(allocator, 1);
        try {
            return new (memory) HandlerOperation(std::forward<AnyHandler>(handler), fallback);
        } catch (...) {
            std::allocator_traits<Allocator>::deallocate(allocator, memory, 1);
            throw;
        }
    }

    void complete(Results... results) noexcept override {
        PostedHandler<Handler, Executor, Results...> posted(std::move(handler_), std::move(work_),
                                                            std::move(results)...);
        Allocator allocator(posted.get_allocator());
        this->~HandlerOperation();
        std::allocator_traits<Allocator>::deallocate(allocator, this, 1);
        asio::post(std::move(posted));
    }

private:
    template <typename AnyHandler>
    HandlerOperation(AnyHandler&& handler, const asio::any_io_executor& fallback)
        : handler_(std::forward<AnyHandler>(handler)), work_(asio::get_associated_executor(handler_, fallback)) {}
    ~HandlerOperation() = default;

    Handler handler_;
    asio::executor_work_guard<Executor> work_;
};

/// Whether this is the executor of asio::use_future. What runs on that executor leaves its exceptions in the promise,
/// which already has its value when the operation has ended. With newer versions of Asio it looks like any other
/// executor.
template <typename Executor>
inline constexpr bool is_of_a_future = false;
template <typename Result, typename Blocking>
inline constexpr bool is_of_a_future<asio::detail::promise_executor<Result, Blocking>> = true;

/// Returns the executor that a new object gets: that of the handler that receives the object, if the handler brings one
/// that can be kept, else `fallback`.
template <typename Handler>
asio::any_io_executor executor_for(const Handler& handler, const asio::any_io_executor& fallback) {
    auto executor = asio::get_associated_executor(handler, fallback);
    using Executor = decltype(executor);
    if constexpr (std::is_convertible_v<Executor, asio::any_io_executor> && !is_of_a_future<Executor>) {
        return executor;
    } else {
        return fallback;
    }
}

}  // namespace ferrotunnel::detail
