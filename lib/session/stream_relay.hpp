// Relay between two streams: one that a visiting client or another member of a cluster has opened, and the one to the
// service that it visits.
//
//      visiting client ==trunk== near --slices, datagrams--> far ==trunk== client with the service
//               member ==link===      <---------------------
//
//   waiting --opened--> open --the far end accepts--> accepted --both directions finished--------> over
//      |                 |                               |                                          ^
//      |                 \_______________________________\___ a reset was passed on ________________|
//      \--refused; from every state: a stream was aborted, a trunk is lost (the other: abort)------/
//
// Bytes are carried in `open` and `accepted` alike, and each direction finishes by itself.
//
// It lives on the worker of the near stream; the far one may be on another worker, and reaches it by mail. Slices are
// moved from queue to queue: nothing is copied or inspected. A slice counts as consumed, so that its sender gets credit
// back, only when the other stream had room for it.
//
// Datagrams never wait for room: what does not fit, or exceeds a rate, is dropped, as at a UDP port.
//
// The end of a direction is passed on behind the data, a reset likewise, and an abort at once. A relay keeps itself
// alive until it is over, since a stream may have left its session while its last slices wait here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "buffer/mailbox.hpp"
#include "directory/shared_port.hpp"
#include "mux/stream.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/step_loop.hpp"
#include "runtime/worker.hpp"
#include "shaping/shapes.hpp"
#include "trunk/datagram_counts.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::shaping {
class Lane;
class Lanes;
}  // namespace ferrotunnel::shaping

namespace ferrotunnel::session {

class StreamRelay final : public directory::DistantVisitor, private runtime::ShutdownHook {
public:
    struct Terms {
        wire::Code unserved = wire::Code::busy;              // ends the near stream if no trunk accepts it
        std::shared_ptr<trunk::DatagramCounts> datagrams{};  // counts those that were dropped; null: nobody does
    };
    /// Called on the worker of `near`, a stream that its peer has opened and that is not attached yet.
    StreamRelay(runtime::Worker& worker, IntrusivePtr<mux::Stream> near, Terms terms);
    StreamRelay(runtime::Worker& worker, IntrusivePtr<mux::Stream> near)
        : StreamRelay(worker, std::move(near), Terms{}) {}
    ~StreamRelay() override;

    /// Attaches the near stream. opened() adds the far one, or refused() ends it.
    void begin();
    /// Ends it with this code, if nobody has it: neither opened() nor refused() follows. Called on its worker.
    void refuse(wire::Code code) noexcept { end(code); }

    // Thread-safe.
    void wake() noexcept override;
    void opened(IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::TrafficCounter> traffic,
                std::shared_ptr<shaping::ServiceShape> shape) noexcept override;
    void refused() noexcept override { set_answer(Answer::refused); }
    void crowded_out() noexcept override { set_answer(Answer::busy); }
    void rejected() noexcept override { set_answer(Answer::busy); }

private:
    friend class buffer::WakeMail<StreamRelay>;
    class Tally;

    /// The far side's answer: `opened`, `refused` or `busy`, once. `taken`: this side has received what came with
    /// `opened`.
    enum class Answer : std::uint8_t { none, refused, busy, opened, taken };
    enum class State : std::uint8_t { waiting, open, accepted, over };

    void set_answer(Answer answer) noexcept;
    void woken() noexcept;
    void step();
    void adopt_far_stream();
    bool ended_from_outside() noexcept;
    void carry(mux::Stream& from, mux::Stream& to, shaping::Direction direction);
    bool may_send(mux::Stream& from, mux::Stream& to) noexcept;
    void pass_datagram(mux::Stream& from, mux::Stream& to, shaping::Direction direction);
    shaping::Lane* lane_of(shaping::Direction direction);
    std::size_t acquire_bytes(shaping::Direction direction);
    void count_passed(shaping::Direction direction, std::size_t bytes) noexcept;
    void count_drops(const mux::Stream& stream) const noexcept;
    void end(wire::Code code) noexcept;
    void close() noexcept;
    void on_worker_end() noexcept override;

    // Handed over by the far trunk's worker, before `answer_` is `opened`.
    IntrusivePtr<mux::Stream> handed_stream_;
    IntrusivePtr<Tally> handed_tally_;
    std::shared_ptr<shaping::ServiceShape> handed_shape_;
    std::atomic<Answer> answer_{Answer::none};

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const Terms terms_;
    IntrusivePtr<mux::Stream> near_;
    IntrusivePtr<mux::Stream> far_;  // null until it is opened
    IntrusivePtr<Tally> tally_;      // null until there is a far stream
    std::shared_ptr<shaping::ServiceShape> shape_;
    std::unique_ptr<shaping::Lanes> lanes_;  // null while there is no rate limit
    IntrusivePtr<StreamRelay> self_;
    State state_ = State::waiting;
    bool up_open_ = true;    // from near to far
    bool down_open_ = true;  // from far to near
    runtime::StepLoop steps_;
    using RelayMail = buffer::WakeMail<StreamRelay>;
    const IntrusivePtr<RelayMail> mail_ = make_intrusive<RelayMail>();
};

}  // namespace ferrotunnel::session
