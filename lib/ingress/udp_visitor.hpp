// One visitor of a public UDP port, or of the local address of a visit to a UDP service: the endpoint half of its
// stream. A visitor is an address.
//
//   waiting --opened--> open --silent for too long, made room, port closes (abort)--> over
//      \ \--refused------\------ the stream ended: FIN, RESET, the trunk is lost -----> over
//       \--rejected--> kept out --for as long as a visitor may be silent----------> over
//
// A visitor that is kept out stays in the port's table, and its datagrams are dropped: so rules are consulted once, and
// not for each datagram. Its datagrams do not keep it there.
//
// It lives on the port's worker. Its stream's session may be on another one, which reaches it only by mail; the visitor
// reads the stream's queue whenever it gets its stream or a wake, until the queue is parked. So the order of the
// stream and the first wake does not matter.
//
// If the service has rates, a datagram whose turn has not come is dropped: nothing could hold it back.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "buffer/mailbox.hpp"
#include "buffer/slab.hpp"
#include "directory/shared_port.hpp"
#include "mux/stream.hpp"
#include "runtime/datagram_socket.hpp"
#include "trunk/datagram_counts.hpp"
#include "trunk/datagram_flow.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::ingress {

class UdpVisitor;

/// A visitor's view of its port; on the port's worker.
class UdpVisitorOwner {
public:
    virtual runtime::Worker& worker() noexcept = 0;
    virtual trunk::DatagramCounts& counts() noexcept = 0;
    /// The visitor has something to receive, or is over: its serve() must be called soon.
    virtual void set_due(UdpVisitor& visitor) noexcept = 0;
    /// Creates the flow that carries the visitor's datagrams on its stream.
    virtual std::unique_ptr<trunk::DatagramFlow> make_flow(IntrusivePtr<mux::Stream> stream, UdpVisitor& visitor) = 0;
    /// So many bytes no longer wait for a stream.
    virtual void uncount_waiting(std::size_t bytes) noexcept = 0;

protected:
    ~UdpVisitorOwner() = default;
};

class UdpVisitor final : public directory::DistantVisitor {
public:
    UdpVisitor(UdpVisitorOwner& home, const runtime::SocketAddress& from);
    ~UdpVisitor() override;

    // Thread-safe.
    void wake() noexcept override;
    void opened(IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::TrafficCounter> traffic,
                std::shared_ptr<shaping::ServiceShape> shape) noexcept override;
    void refused() noexcept override;
    void rejected() noexcept override;

    // Called on the port's worker.

    /// Takes a datagram from the visitor, which is sent with the next flush(); `room`: how much more may wait for
    /// streams of the port to be opened.
    void take(Bytes payload, std::size_t room);
    void flush() noexcept;
    /// Adds datagrams for the visitor to `writer` while that has room. False if the visitor is over. `more`: some may
    /// be left.
    bool serve(runtime::DatagramWriter& writer, bool& more);
    /// Whether rules keep it out.
    bool is_rejected() const noexcept { return rejected_.load(std::memory_order_acquire); }
    /// Ends it: no callbacks follow.
    void end() noexcept;

    const runtime::SocketAddress& from() const noexcept { return from_; }
    std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
    std::uint64_t received() const noexcept { return received_; }
    std::uint64_t sent() const noexcept { return sent_; }
    /// Dropped datagrams, as far as they have been counted.
    mux::Stream::Drops drops() const noexcept { return {unopened_ + counted_.no_room, counted_.too_old}; }

    // The port's bookkeeping.
    TimePoint active_at{};   // when a datagram was last received or sent
    runtime::LocalEnd to{};  // the address of this machine that the last one was sent to
    bool due = false;

private:
    friend class buffer::WakeMail<UdpVisitor>;

    void woken() noexcept;
    void accept_stream() noexcept;
    void pass_on(buffer::Slice payload) noexcept;
    bool may_pass(shaping::Direction direction, std::size_t bytes) noexcept;
    void count_drops() noexcept;
    void release_flow() noexcept;

    // Handed over by the trunk's worker, before `stream_is_ready_` is set.
    IntrusivePtr<mux::Stream> ready_stream_;
    IntrusivePtr<trunk::TrafficCounter> ready_traffic_;
    std::shared_ptr<shaping::ServiceShape> ready_shape_;
    std::atomic<bool> stream_is_ready_{false};
    std::atomic<bool> refused_{false};
    std::atomic<bool> rejected_{false};

    UdpVisitorOwner* owner_;  // null when it is over
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    runtime::Worker& worker_;
    const runtime::SocketAddress from_;
    std::unique_ptr<trunk::DatagramFlow> flow_;  // null until there is a stream
    IntrusivePtr<trunk::TrafficCounter> traffic_;
    std::shared_ptr<shaping::ServiceShape> shape_;
    struct Lanes;
    std::unique_ptr<Lanes> lanes_;        // null until there is a rate
    std::vector<buffer::Slice> waiting_;  // for the stream
    std::size_t waiting_bytes_ = 0;
    mux::Stream::Drops counted_{};
    std::uint32_t unopened_ = 0;  // dropped before there was a stream
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
    using Mail = buffer::WakeMail<UdpVisitor>;
    const IntrusivePtr<Mail> mail_ = make_intrusive<Mail>();
};

}  // namespace ferrotunnel::ingress
