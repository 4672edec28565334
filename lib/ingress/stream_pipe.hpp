// A pipe over a stream: the connection of a visitor that another member of the cluster has forwarded, as the edge's own
// connections use it.
//
//   stream --items--> read (copied)          write --frames of up to 16,376 bytes, copied--> stream
//     '--wake--> Events, at the end of the round --EPOLLIN, EPOLLOUT; EPOLLERR once it has ended--> the connection
//
// What waits is bounded by the stream's credit in one direction, and by its send queue in the other.
#pragma once

#include <cstdint>
#include <string>

#include "base/intrusive_ptr.hpp"
#include "mux/stream.hpp"
#include "runtime/worker.hpp"
#include "transport/pipe.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::ingress {

/// Lives on the stream's worker.
class StreamPipe final : public transport::Pipe {
public:
    /// The stream's endpoint from now on.
    StreamPipe(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream);
    /// What was written, and its end, is still sent; without an end the stream is reset.
    ~StreamPipe() override;

    /// Reports to the other server that the visitor is served.
    void accept() noexcept { stream_->accept(); }

    runtime::IoStatus handshake(std::string& /*why*/) override { return runtime::IoStatus::ok; }
    runtime::IoResult read(MutableBytes into) noexcept override;
    runtime::IoResult write(std::span<const Bytes> pieces) noexcept override;
    bool has_pending() const noexcept override { return false; }  // the stream has accepted it
    runtime::IoStatus flush() noexcept override { return runtime::IoStatus::ok; }
    bool may_read_more() const noexcept override { return stream_->front() != nullptr; }
    void shutdown() noexcept override { end_sending(); }
    bool exporter(MutableBytes /*out32*/) noexcept override { return false; }
    std::string description() const override { return "forwarded"; }
    std::string error_text() const override { return "the link to the other server, or the visitor, has gone"; }

    void watch(runtime::Poller& poller, runtime::PollTarget& target, bool output) override;
    void watch_output(runtime::Poller& /*poller*/, runtime::PollTarget& /*target*/) noexcept override {}
    void unwatch(runtime::Poller& poller, runtime::PollTarget& target) noexcept override;
    runtime::IoResult discard(MutableBytes scratch) noexcept override { return read(scratch); }
    void end_sending() noexcept override;
    void reset() noexcept override { abort(wire::Code::cancelled); }
    void confirm_input() noexcept override;
    void reject_input() noexcept override { abort(wire::Code::unknown_service); }

    int fd() const noexcept override { return -1; }
    runtime::Fd release_fd() noexcept override { return {}; }

private:
    class Events;

    bool has_room() noexcept;
    std::uint32_t send_some(std::span<const Bytes>& pieces, std::size_t& offset);
    void abort(wire::Code code) noexcept;

    const IntrusivePtr<mux::Stream> stream_;
    const IntrusivePtr<Events> events_;
    std::uint64_t unconfirmed_ = 0;  // bytes that were read and may have no effect
    bool has_ended_ = false;         // our direction
};

}  // namespace ferrotunnel::ingress
