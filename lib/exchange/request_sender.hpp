// Sends a request to its backend as HTTP/1.1, and keeps the copy with which it can be sent again.
//
//   head --keep_head--> copy --replay--> connection
//   body --send_body, send_end--> chunks, if the length is unknown --> connection, and the copy
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "exchange/backend_stream.hpp"
#include "exchange/exchange_context.hpp"
#include "exchange/retry_buffer.hpp"
#include "hooks/http_run.hpp"
#include "http/fields.hpp"

namespace ferrotunnel::exchange {

class RequestSender {
public:
    /// Where the request goes at the moment.
    enum class Route : std::uint8_t {
        none,    // nowhere: the request is answered or over
        later,   // the request waits for a plugin, or for a client of its service
        copy,    // the request is kept until there is a connection
        stream,  // to the connection
    };

    /// `stream` is the connection: not null as long as the route is `stream`.
    RequestSender(const ExchangeContext& at, const IntrusivePtr<BackendStream>& stream) noexcept
        : at_(at), stream_(stream), retry_buffer_(at.edge.retry_memory) {}

    void set_route(Route route) noexcept { route_ = route; }
    Route route() const noexcept { return route_; }
    bool has_stream() const noexcept { return route_ == Route::stream; }
    /// Whether the connection accepts a piece. False if there is none, or its wake is armed for when it does.
    bool can_send() { return has_stream() && can_send_now(); }
    /// Whether all sent data has left.
    bool has_sent_all() const noexcept { return !stream_ || stream_->has_sent_all(); }

    /// Keeps the head, which is in the worker's head buffer. False if the heads kept for waiting requests use too much
    /// memory.
    bool keep_head(std::size_t size);
    /// Sends a piece of the body. `headroom`: see mux::Stream::send.
    void send_body(buffer::Slice payload, bool headroom);
    /// Sends the end of a chunked body. `run`: the plugins that may change the trailers, or null.
    void send_end(const http::Fields* trailers, const hooks::HttpRun* run) {
        if (at_.request.body.kind == http::BodyKind::chunked && (route_ == Route::copy || has_stream())) {
            send_last_chunk(trailers, run);
        }
    }
    /// Sends what was queued in this round.
    void flush() {
        if (has_stream()) {
            flush_stream();
        }
    }

    // --- the copy ---

    /// Sends the copy. `is_first`: for the first time.
    void replay(bool is_first);
    bool is_copy_whole() const noexcept { return retry_buffer_.is_whole(); }
    void forget_copy() noexcept { retry_buffer_.forget(); }
    /// Drops the copy of a request that begins again, with another head.
    void restart() noexcept { retry_buffer_.restart(); }
    /// Drops the copy if memory is short. A head is kept until a backend has it; for a second time only if there is
    /// room.
    void keep_within_bound() noexcept {
        if (at_.edge.retry_memory.now > RetryMemory::max) {
            retry_buffer_.forget();
        }
    }

private:
    bool can_send_now();
    void send_last_chunk(const http::Fields* trailers, const hooks::HttpRun* run);
    void flush_stream();
    void send(buffer::Slice payload, bool headroom);
    void send_text(std::string_view text);

    const ExchangeContext& at_;
    const IntrusivePtr<BackendStream>& stream_;
    RetryBuffer retry_buffer_;
    Route route_ = Route::copy;
    bool chunk_open_ = false;  // a chunk's data was sent, the line end after it not yet
};

}  // namespace ferrotunnel::exchange
