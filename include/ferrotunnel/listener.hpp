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

namespace detail {
class ListenerCore;

/// One visitor, when it comes.
class AcceptOperation : public Operation<std::error_code, Stream> {
public:
    asio::any_io_executor executor;  // of the new Stream

protected:
    ~AcceptOperation() = default;
};

/// The library's side of async_accept.
FERROTUNNEL_EXPORT std::uint64_t new_serial(ListenerCore& core) noexcept;
FERROTUNNEL_EXPORT void start_accept(ListenerCore& core, AcceptOperation* operation) noexcept;
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
        return asio::async_initiate<AcceptToken, void(std::error_code, Stream)>(Initiate{this}, token);
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

    struct Initiate {
        Listener* listener;

        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return listener->executor_; }

        template <typename Handler>
        void operator()(Handler&& handler) const {
            using Made =
                detail::HandlerOperation<detail::AcceptOperation, std::decay_t<Handler>, std::error_code, Stream>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            asio::any_io_executor fallback = listener->usable_executor();
            asio::any_io_executor executor = detail::executor_for(handler, fallback);
            auto* operation = Made::make(std::forward<Handler>(handler), fallback);
            operation->executor = std::move(executor);
            const std::shared_ptr<detail::ListenerCore> core = listener->core_;
            if (!core) {
                operation->complete(asio::error::bad_descriptor, Stream());
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
