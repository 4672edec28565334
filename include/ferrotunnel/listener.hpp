// Listeners: an application accepts the visitors of a service that it serves itself, without a local port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "ferrotunnel/detail/operation.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/stream.hpp"

namespace ferrotunnel {

class Listener;

/// A visitor that was neither accepted nor refused yet. All members belong to one thread at a time.
class FERROTUNNEL_EXPORT Incoming {
public:
    /// Makes an empty object, whose accept() returns an empty Stream.
    Incoming() noexcept = default;
    Incoming(Incoming&&) noexcept = default;
    Incoming& operator=(Incoming&&) noexcept;
    /// Refuses the visitor, unless accept() or refuse() was called.
    ~Incoming();

    explicit operator bool() const noexcept { return static_cast<bool>(core_); }
    VisitorInfo visitor() const;

    /// Accepts the visitor. Call it within the server's open timeout (20 s by default): if the visitor was rejected
    /// after that time, or has left, the operations of the Stream fail.
    [[nodiscard]] Stream accept() noexcept;
    /// Closes the visitor's connection with a reset, like an unreachable service; an HTTP visitor gets 502.
    void refuse() noexcept;

    /// Only for the library.
    Incoming(detail::StreamRef core, asio::any_io_executor executor) noexcept
        : core_(std::move(core)), executor_(std::move(executor)) {}

private:
    detail::StreamRef core_;
    asio::any_io_executor executor_;
};

namespace detail {
class ListenerCore;

/// A pending async_accept: completes with the next visitor's Stream.
class AcceptOperation : public Operation<std::error_code, Stream> {
public:
    asio::any_io_executor executor;  // the one that the new Stream gets

protected:
    ~AcceptOperation() = default;
};

/// A pending async_incoming: completes with the next visitor, which is neither accepted nor refused yet.
class IncomingOperation : public Operation<std::error_code, Incoming> {
public:
    asio::any_io_executor executor;

protected:
    ~IncomingOperation() = default;
};

/// The library's side of async_accept and async_incoming.
FERROTUNNEL_EXPORT std::uint64_t new_serial(ListenerCore& core) noexcept;
FERROTUNNEL_EXPORT void start_accept(ListenerCore& core, AcceptOperation* operation) noexcept;
FERROTUNNEL_EXPORT void start_accept(ListenerCore& core, IncomingOperation* operation) noexcept;
FERROTUNNEL_EXPORT void cancel_accept(ListenerCore& core, std::uint64_t serial) noexcept;
}  // namespace detail

/// Accepts the visitors of one service; made by Client::listen and async_listen. Several accepts may be outstanding,
/// and async_accept may be called from several threads; moves and the destructor belong to one thread. Visitors wait in
/// a queue of 128 until they are accepted, at most for the server's open deadline; when the queue is full, further ones
/// are rejected. The service is registered again automatically after a reconnect. Destroying the Listener closes it.
class FERROTUNNEL_EXPORT Listener {
public:
    using executor_type = asio::any_io_executor;

    /// Makes an empty Listener: accepts fail with asio::error::bad_descriptor.
    Listener() noexcept;
    /// A moved-from Listener is empty and keeps its executor.
    Listener(Listener&&) noexcept;
    Listener& operator=(Listener&&) noexcept;
    ~Listener();

    executor_type get_executor() const noexcept { return executor_; }
    bool is_open() const noexcept;

    /// Accepts the next visitor: `void(std::error_code, Stream)`. The Stream's executor is that of the handler, or
    /// get_executor(). Fails with asio::error::operation_aborted (cancelled or closed here), errc::session_closed (the
    /// Client was stopped), or the server's reason for refusing the service (errc::port_taken and the like; see
    /// service().error_text()). In the last case accepts fail until the service is registered, since the Client keeps
    /// requesting it. A lost tunnel connection is not a failure: the next visitor arrives after the reconnect.
    template <typename AcceptToken = typename asio::default_completion_token<executor_type>::type>
    auto async_accept(AcceptToken&& token = typename asio::default_completion_token<executor_type>::type()) {
        return asio::async_initiate<AcceptToken, void(std::error_code, Stream)>(
            Initiate<detail::AcceptOperation, Stream>{this}, token);
    }

    /// Returns the next visitor for the application to accept or refuse: `void(std::error_code, Incoming)`. Otherwise
    /// like async_accept; both may be used in turn.
    template <typename IncomingToken = typename asio::default_completion_token<executor_type>::type>
    auto async_incoming(IncomingToken&& token = typename asio::default_completion_token<executor_type>::type()) {
        return asio::async_initiate<IncomingToken, void(std::error_code, Incoming)>(
            Initiate<detail::IncomingOperation, Incoming>{this}, token);
    }

    /// Returns a handle to the service: its state, and why the server refuses it. It may outlive this object.
    Service service() const;
    std::string name() const;
    /// The public address as visitors use it, "tunnel.example.com:40022" or "http://app.example.com:8080"; empty before
    /// the service was first registered.
    std::string endpoint() const;
    /// The same as a URL; see Service::url.
    std::string url() const;
    std::uint16_t port() const;
    /// Removes the service from the server and rejects the visitors that still wait. Accepted streams continue.
    void close() noexcept;

    /// Only for the library.
    Listener(std::shared_ptr<detail::ListenerCore> core, executor_type executor) noexcept;

private:
    struct CancelAccept {
        std::weak_ptr<detail::ListenerCore> core;
        std::uint64_t serial;
        void operator()(asio::cancellation_type_t type) const noexcept {
            if (auto alive = core.lock(); alive && type != asio::cancellation_type::none) {
                detail::cancel_accept(*alive, serial);
            }
        }
    };

    template <typename Operation, typename Result>
    struct Initiate {
        Listener* listener;

        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return listener->executor_; }

        template <typename Handler>
        void operator()(Handler&& handler) const {
            using Made = detail::HandlerOperation<Operation, std::decay_t<Handler>, std::error_code, Result>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            asio::any_io_executor fallback = listener->usable_executor();
            asio::any_io_executor executor = detail::executor_for(handler, fallback);
            auto* operation = Made::make(std::forward<Handler>(handler), fallback);
            operation->executor = std::move(executor);
            const std::shared_ptr<detail::ListenerCore> core = listener->core_;
            if (!core) {
                operation->complete(asio::error::bad_descriptor, Result());
                return;
            }
            operation->serial = detail::new_serial(*core);
            if (slot.is_connected()) {
                slot.assign(CancelAccept{core, operation->serial});
            }
            detail::start_accept(*core, operation);
        }
    };

    executor_type usable_executor() const;

    std::shared_ptr<detail::ListenerCore> core_;
    executor_type executor_;
};

}  // namespace ferrotunnel
