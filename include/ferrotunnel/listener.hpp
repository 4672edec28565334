// Where an application takes the visitors of a service that it serves itself, without a local port.
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

/// A visitor who has come and was neither let in nor turned away. All members belong to one thread at a time.
class FERROTUNNEL_EXPORT Incoming {
public:
    /// Empty: accept() gives an empty Stream.
    Incoming() noexcept = default;
    Incoming(Incoming&&) noexcept = default;
    Incoming& operator=(Incoming&&) noexcept;
    /// Refuses, unless one of the two below was called.
    ~Incoming();

    explicit operator bool() const noexcept { return static_cast<bool>(core_); }
    VisitorInfo visitor() const;

    /// Lets the visitor in. Call it within the server's open timeout (20 s unless set): who was turned away for that
    /// meanwhile, or went, is a Stream whose operations fail.
    [[nodiscard]] Stream accept() noexcept;
    /// The visitor's connection is reset, as by a service that is not there; of HTTP the answer is 502.
    void refuse() noexcept;

    /// For the library.
    Incoming(detail::StreamRef core, asio::any_io_executor executor) noexcept
        : core_(std::move(core)), executor_(std::move(executor)) {}

private:
    detail::StreamRef core_;
    asio::any_io_executor executor_;
};

namespace detail {
class ListenerCore;

/// One visitor, when it comes.
class AcceptOperation : public Operation<std::error_code, Stream> {
public:
    asio::any_io_executor executor;  // of the new Stream

protected:
    ~AcceptOperation() = default;
};

/// The same, undecided.
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

/// Made by Client::listen and async_listen. Several accepts may be outstanding, and async_accept may be called from
/// several threads; moves and the destructor belong to one thread. Visitors wait in a queue (128) until they are
/// accepted, at most for the server's open deadline; more are turned away. The service is registered again by itself
/// after a reconnect. Destroying the Listener closes it.
class FERROTUNNEL_EXPORT Listener {
public:
    using executor_type = asio::any_io_executor;

    /// Empty: accepts fail with asio::error::bad_descriptor.
    Listener() noexcept;
    /// What was moved from is empty, and keeps its executor.
    Listener(Listener&&) noexcept;
    Listener& operator=(Listener&&) noexcept;
    ~Listener();

    executor_type get_executor() const noexcept { return executor_; }
    bool is_open() const noexcept;

    /// The next visitor: `void(std::error_code, Stream)`. The Stream's executor is that of the handler, or
    /// get_executor(). Fails with asio::error::operation_aborted (cancelled or closed here), errc::session_closed
    /// (the Client was stopped), or what a server says that does not want the service (errc::port_taken and the like;
    /// service().error_text() says more): then until it is registered after all, after a reconnect. A lost trunk is no
    /// failure: the next visitor comes after the reconnect.
    template <typename AcceptToken = typename asio::default_completion_token<executor_type>::type>
    auto async_accept(AcceptToken&& token = typename asio::default_completion_token<executor_type>::type{}) {
        return asio::async_initiate<AcceptToken, void(std::error_code, Stream)>(
            Initiate<detail::AcceptOperation, Stream>{this}, token);
    }

    /// The next visitor, for the application to decide about: `void(std::error_code, Incoming)`. As async_accept
    /// otherwise; both may be used in turn.
    template <typename IncomingToken = typename asio::default_completion_token<executor_type>::type>
    auto async_incoming(IncomingToken&& token = typename asio::default_completion_token<executor_type>::type{}) {
        return asio::async_initiate<IncomingToken, void(std::error_code, Incoming)>(
            Initiate<detail::IncomingOperation, Incoming>{this}, token);
    }

    /// Its state, and why the server refuses it. The handle may outlive this object.
    Service service() const;
    std::string name() const;
    /// The public address as visitors use it, "tunnel.example.com:40022" or "http://app.example.com:8080"; empty before
    /// it was first registered.
    std::string endpoint() const;
    std::uint16_t port() const;
    /// Takes the service off the server and turns away who still waits. Streams that were accepted go on.
    void close() noexcept;

    /// For the library.
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
