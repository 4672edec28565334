// Datagrams of one visitor that the application answers itself: the endpoint half of the visitor's stream.
//
//   the session's worker   wake -> DatagramServing::run: calls the handler with each received datagram
//   any thread             DatagramVisitor::send -> DatagramLine::send, under a lock -> the stream's queue
//
// Nothing is queued here: datagrams are handed over at once, and sent ones are within the bounds of the stream's queue
// (limits::datagrams_queued_max, datagram_bytes_queued_max) or dropped. There is no timer either: the server forgets a
// silent visitor, which ends the stream.
#pragma once

#include <memory>
#include <string_view>

#include "api/stream_core.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/datagrams.hpp"
#include "mux/stream.hpp"
#include "trunk/datagram_counts.hpp"

namespace ferrotunnel {
class Logger;
}

namespace ferrotunnel::detail {

/// Shared by the handles of one visitor. Thread-safe.
class DatagramLine {
public:
    DatagramLine(IntrusivePtr<mux::Stream> stream, StreamOrigin origin,
                 std::shared_ptr<trunk::DatagramCounts> counts) noexcept
        : stream_(std::move(stream)), origin_(std::move(origin)), counts_(std::move(counts)) {}

    bool send(std::string_view payload) noexcept;
    bool is_gone() const noexcept { return static_cast<bool>(stream_->stream_end()) || stream_->send_is_dead(); }
    void close() noexcept { stream_->abort(wire::Code::none); }
    const StreamOrigin& origin() const noexcept { return origin_; }
    mux::Stream& stream() noexcept { return *stream_; }
    trunk::DatagramCounts& counts() noexcept { return *counts_; }

private:
    const IntrusivePtr<mux::Stream> stream_;
    const StreamOrigin origin_;
    const std::shared_ptr<trunk::DatagramCounts> counts_;
    Mutex sending_;  // a stream's queue has one producer
};

/// Serves a visitor's stream, within on_open.
void serve_datagrams(IntrusivePtr<mux::Stream> stream, StreamOrigin origin,
                     std::shared_ptr<const DatagramHandler> handler, std::shared_ptr<trunk::DatagramCounts> counts,
                     Logger& log);

}  // namespace ferrotunnel::detail
