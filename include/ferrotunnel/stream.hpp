// Byte streams for the application: a visitor's connection, or one that the server dialled through a tunnel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <type_traits>
#include <utility>

#include "ferrotunnel/detail/operation.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/visitor_info.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

namespace ferrotunnel {

namespace detail {
class StreamCore;

/// A counted reference to the library's inner side of a Stream.
class FERROTUNNEL_EXPORT StreamRef {
public:
    StreamRef() noexcept = default;
    /// Adopts a reference that is already counted.
    explicit StreamRef(StreamCore* core) noexcept : core_(core) {}
    StreamRef(const StreamRef& other) noexcept;
    StreamRef(StreamRef&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
    StreamRef& operator=(StreamRef other) noexcept {
        std::swap(core_, other.core_);
        return *this;
    }
    ~StreamRef();

    StreamCore* get() const noexcept { return core_; }
    explicit operator bool() const noexcept { return core_ != nullptr; }

    std::uint64_t new_serial() const noexcept;
    void start_read(ReadOperation* operation) const noexcept;
    void start_write(WriteOperation* operation) const noexcept;
    void cancel_read(std::uint64_t serial) const noexcept;
    void cancel_write(std::uint64_t serial) const noexcept;

private:
    StreamCore* core_ = nullptr;
};
}  // namespace detail

/// A connection as a byte stream. It models Asio's AsyncReadStream and AsyncWriteStream, so that asio::async_read,
/// asio::async_write, asio::ssl::stream<Stream>, coroutines and cancellation work on it.
///
/// Threads: at most one read and one write may be outstanding at a time; another one completes with
/// asio::error::already_started. Reading and writing may happen on two threads; all other members, moves and the
/// destructor belong to one thread at a time, while no other thread uses the Stream. Operations may be outstanding
/// while the Stream is moved.
///
/// Completions: a handler is always posted to its associated executor, or to get_executor() where it has none; it is
/// never called from within the function that started the operation, nor from the tunnel connection's worker. Buffers
/// must stay valid until the handler is called.
///
/// Each direction ends on its own. A read fails, after everything received before was read, with
///   asio::error::eof                the other side ended its direction in order
///   asio::error::connection_reset   the other side reset the stream
///   errc::connection_lost           the tunnel connection broke: not an orderly end
///   errc::session_closed            this side's Client or Server was stopped
///   asio::error::operation_aborted  cancelled, or close(), reset() or the destructor were called
///   asio::error::bad_descriptor     the Stream is empty or closed
///   asio::error::no_memory          there was none for this operation; the Stream can still be used
///   errc::internal                  a bug in the library; the stream is reset
/// Writes fail with the same errors, and with asio::error::broken_pipe after shutdown_send().
///
/// Lifetime: a Stream may outlive its Client or Server; handlers that bring no executor then run on Asio's system
/// executor. An io_context must outlive the operations that are outstanding on it and the threads that complete them:
/// create it before the Client or Server, so that it is destroyed after them. Destroying a Stream ends it: in order if
/// shutdown_send() was called, else the other side sees a reset, so that half a response is never mistaken for a
/// complete one. In both cases bytes written before still arrive, as long as the other side reads some of them at least
/// once a minute.
class FERROTUNNEL_EXPORT Stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = Stream;
    using endpoint_type = asio::ip::tcp::endpoint;

    /// Makes an empty Stream: every operation fails with asio::error::bad_descriptor.
    Stream() noexcept = default;
    /// A moved-from Stream is empty and keeps its executor, as Asio's sockets do, so that
    /// `co_spawn(stream.get_executor(), serve(std::move(stream)), ...)` works in whichever order the compiler evaluates
    /// the arguments.
    Stream(Stream&& other) noexcept : core_(std::move(other.core_)), executor_(other.executor_) {}
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    /// The executor of the handler that received this Stream. Empty only if this was always an empty Stream().
    executor_type get_executor() const noexcept { return executor_; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }
    bool is_open() const noexcept;

    /// Reads at least one byte: `void(std::error_code, std::size_t)`. With empty buffers it completes with 0 at once.
    /// Cancellation (terminal, partial or total) takes effect while nothing has been read.
    template <typename MutableBufferSequence,
              typename ReadToken = typename asio::default_completion_token<executor_type>::type>
    auto async_read_some(const MutableBufferSequence& buffers,
                         ReadToken&& token = typename asio::default_completion_token<executor_type>::type()) {
        return asio::async_initiate<ReadToken, void(std::error_code, std::size_t)>(
            Initiate<detail::ReadBuffers>{this}, token, detail::ReadBuffers::of(buffers));
    }

    /// Queues at least one byte for sending, and waits while 64 KiB are queued: `void(std::error_code, std::size_t)`.
    /// Success means queued; what was queued arrives unless the tunnel connection breaks or the other side resets the
    /// stream.
    template <typename ConstBufferSequence,
              typename WriteToken = typename asio::default_completion_token<executor_type>::type>
    auto async_write_some(const ConstBufferSequence& buffers,
                          WriteToken&& token = typename asio::default_completion_token<executor_type>::type()) {
        return asio::async_initiate<WriteToken, void(std::error_code, std::size_t)>(
            Initiate<detail::WriteBuffers>{this}, token, detail::WriteBuffers::of(buffers));
    }

    /// Ends the sending direction in order, after all written bytes; reading continues. An outstanding write fails with
    /// asio::error::broken_pipe. The call itself fails with the error that a write would fail with.
    void shutdown_send();
    void shutdown_send(std::error_code& ec) noexcept;

    /// Resets the stream: the other side receives the written bytes, then a reset. Does nothing on an empty stream.
    void reset() noexcept;

    /// Closes like a socket: written bytes arrive, followed by an orderly end. Bytes that the other side still sends
    /// are discarded; if they exceed 256 KiB, or do not end within a minute, the stream is reset. Does nothing on an
    /// empty stream.
    void close() noexcept;

    /// The visitor's address as the server saw it. Fails with asio::error::bad_descriptor on an empty stream and with
    /// std::errc::address_not_available for a stream that has no visitor (Server::async_open) or many: a stream of an
    /// HTTP service carries requests of any number of them, unless Http::per_visitor is set.
    endpoint_type remote_endpoint() const;
    endpoint_type remote_endpoint(std::error_code& ec) const noexcept;

    /// Information about the visitor and the service. Empty on an empty stream and on one that this side dialled.
    VisitorInfo visitor() const;

    /// Only for the library: makes the Stream that a listener returns.
    Stream(detail::StreamRef core, executor_type executor) noexcept
        : core_(std::move(core)), executor_(std::move(executor)) {}

private:
    template <typename Buffers>
    static constexpr bool reads = std::is_same_v<Buffers, detail::ReadBuffers>;

    template <typename Buffers>
    struct CancelIo {
        detail::StreamRef core;
        std::uint64_t serial;
        void operator()(asio::cancellation_type_t type) const noexcept {
            if (type == asio::cancellation_type::none) {
                return;
            }
            if constexpr (reads<Buffers>) {
                core.cancel_read(serial);
            } else {
                core.cancel_write(serial);
            }
        }
    };

    template <typename Buffers>
    struct Initiate {
        Stream* stream;

        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return stream->executor_; }

        template <typename Handler>
        void operator()(Handler&& handler, const Buffers& buffers) const {
            using Made = detail::HandlerOperation<detail::IoOperation<Buffers>, std::decay_t<Handler>, std::error_code,
                                                  std::size_t>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            auto* operation = Made::make(std::forward<Handler>(handler), stream->usable_executor());
            const detail::StreamRef core = stream->core_;
            if (!core) {
                operation->complete(asio::error::bad_descriptor, 0);
                return;
            }
            operation->buffers = buffers;
            operation->serial = core.new_serial();
            if (slot.is_connected()) {
                slot.assign(CancelIo<Buffers>{core, operation->serial});
            }
            if constexpr (reads<Buffers>) {
                core.start_read(operation);
            } else {
                core.start_write(operation);
            }
        }
    };

    executor_type usable_executor() const;

    detail::StreamRef core_;
    executor_type executor_;
};

}  // namespace ferrotunnel
