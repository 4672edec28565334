// One visitor of a public UDP port, or of a place where a client visits a UDP service of another one, which is an
// address: the endpoint half of its stream.
//
//   waiting --opened--> open --silent for too long, made room, port closes (abort)--> over
//      \ \--refused------\------ the stream ended: FIN, RESET, the trunk is lost -----> over
//       \--rejected--> kept out --for as long as a visitor may be silent----------> over
//
// Whoever is kept out stays in the port's table, and what it sends is dropped: so rules are asked once, and not for
// each datagram. What it sends does not keep it there.
//
// It lives on the port's worker. Its stream's session may be on another one: that reaches it by mail alone, and it
// looks into the stream's queue whenever it has got its stream or a wake, until the queue is parked. So it does not
// matter in which order the stream and the first wake come.
//
// Where the service has rates, a datagram whose turn has not come is dropped: there is nobody who would hold it back.
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

/// What a visitor needs of its port; on the port's worker.
class UdpVisitorHome {
public:
    virtual runtime::Worker& worker() noexcept = 0;
    virtual trunk::DatagramCounts& counts() noexcept = 0;
    /// The visitor has something to receive, or is over: its serve() is to be called soon.
    virtual void set_due(UdpVisitor& visitor) noexcept = 0;
    /// Makes what carries the visitor's datagrams on its stream.
    virtual std::unique_ptr<trunk::DatagramFlow> make_flow(IntrusivePtr<mux::Stream> stream, UdpVisitor& visitor) = 0;
    /// So many bytes wait for a stream no longer.
    virtual void uncount_waiting(std::size_t bytes) noexcept = 0;

protected:
    ~UdpVisitorHome() = default;
};

class UdpVisitor final : public directory::DistantVisitor {
public:
    UdpVisitor(UdpVisitorHome& home, const runtime::SocketAddress& from);
    ~UdpVisitor() override;

    // Any thread.
    void wake() noexcept override;
    void opened(IntrusivePtr<mux::Stream> stream, std::shared_ptr<trunk::Traffic> traffic,
                std::shared_ptr<shaping::ServiceShape> shape) noexcept override;
    void refused() noexcept override;
    void turned_away() noexcept override;

    // On the port's worker.

    /// Takes a datagram from the visitor, which goes on its way with the next flush(); `room`: how much more may wait
    /// for streams of the port to be opened.
    void take(Bytes payload, std::size_t room);
    void flush() noexcept;
    /// Adds datagrams for the visitor to `writer` while that has room. False: the visitor is over. `more`: some may be
    /// left.
    bool serve(runtime::DatagramWriter& writer, bool& more);
    /// Whether rules keep it out.
    bool is_kept_out() const noexcept { return kept_out_.load(std::memory_order_acquire); }
    /// Ends it: nobody hears of it any more.
    void end() noexcept;

    const runtime::SocketAddress& from() const noexcept { return from_; }
    std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
    std::uint64_t received() const noexcept { return received_; }
    std::uint64_t sent() const noexcept { return sent_; }
    /// What was dropped, as far as it has been counted.
    mux::Stream::Drops drops() const noexcept { return {unopened_ + counted_.no_room, counted_.too_old}; }

    // The port's bookkeeping.
    TimePoint active_at{};   // when a datagram came or went last
    runtime::LocalEnd to{};  // which address of this machine the last one came to
    bool due = false;

private:
    friend class buffer::WakeMail<UdpVisitor>;

    void woken() noexcept;
    void take_stream() noexcept;
    void pass_on(buffer::Slice payload) noexcept;
    bool may_pass(shaping::Way way, std::size_t bytes) noexcept;
    void count_drops() noexcept;
    void let_go_of_flow() noexcept;

    // Handed over by the trunk's worker, before `handed_` is set.
    IntrusivePtr<mux::Stream> handed_stream_;
    std::shared_ptr<trunk::Traffic> handed_traffic_;
    std::shared_ptr<shaping::ServiceShape> handed_shape_;
    std::atomic<bool> handed_{false};
    std::atomic<bool> refused_{false};
    std::atomic<bool> kept_out_{false};

    UdpVisitorHome* home_;  // null when it is over
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    runtime::Worker& worker_;
    const runtime::SocketAddress from_;
    std::unique_ptr<trunk::DatagramFlow> flow_;  // null until there is a stream
    std::shared_ptr<trunk::Traffic> traffic_;
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
