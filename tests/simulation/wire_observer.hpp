// Reads the frames that one node puts on the wire and gets from it, and keeps an independent model of ids, ends and
// credit, against which the session's behaviour is checked.
//
// Credit is counted as the protocol says: a DATA frame costs its payload plus 64, an empty FIN nothing. What a node may
// send is what had *reached* it when the frame left: grants are counted when they come in, costs when they go out.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "simulation/world.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::simulation {

/// What both directions of one stream have cost and granted, seen from one node.
struct StreamModel {
    bool opened_here = false;
    bool accepted = false;  // OPENED has left, or need not
    // Sending: what has left.
    std::int64_t credit = 0;
    std::uint64_t payload_sent = 0;
    bool fin_sent = false;
    bool reset_sent = false;
    // Receiving: what has arrived.
    std::uint64_t granted_first = 0;
    std::uint64_t granted = 0;
    std::uint64_t cost_received = 0;
    std::uint64_t payload_received = 0;
    bool fin_received = false;
    bool reset_received = false;
    std::deque<std::uint64_t> frame_ends;  // payload offsets at the ends of frames that the endpoint has not consumed
    // What the endpoint has taken.
    std::uint64_t frames_consumed = 0;
    std::uint64_t cost_consumed = 0;
    bool consumption_unseen = false;
    // The node's payload_sent() when it last sent DATA here.
    std::uint64_t last_data_at = 0;

    /// Credit that the peer has and may still use.
    std::uint64_t outstanding() const noexcept { return receiving_over() ? 0 : granted - cost_received; }
    bool receiving_over() const noexcept { return fin_received || reset_received || reset_sent; }
    bool sending_over() const noexcept { return fin_sent || reset_sent || reset_received; }
};

/// Cuts a stream of bytes into frames again.
class FrameCutter {
public:
    /// Calls `visit(header, payload)` for each frame that is complete.
    template <typename Visit>
    void feed(Bytes bytes, Visit visit) {
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        std::size_t at = 0;
        while (pending_.size() - at >= limits::frame_header_bytes) {
            wire::FrameHeader header = wire::decode_header(pending_.data() + at);
            std::size_t total = limits::frame_header_bytes + header.length;
            if (pending_.size() - at < total) {
                break;
            }
            visit(header, Bytes{pending_.data() + at + limits::frame_header_bytes, header.length});
            at += total;
        }
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    /// True if no byte of a next frame has been seen.
    bool between_frames() const noexcept { return pending_.empty(); }

private:
    std::vector<std::uint8_t> pending_;
};

class WireObserver {
public:
    WireObserver(World& world, const char* name, bool opens_odd, std::uint32_t window_max)
        : world_(world), name_(name), opens_odd_(opens_odd), window_max_(window_max) {}

    void sent(Bytes bytes);
    void received(Bytes bytes);
    /// Notes that the endpoint took payload up to this offset.
    void consumed(wire::StreamId id, std::uint64_t offset);
    /// From here on the session throws away what arrives: consumption cannot be seen any more.
    void ignore_consumption(wire::StreamId id) { streams_[id].consumption_unseen = true; }

    /// From now on only counts, because the frames of the node, or of its peer, are made by hand to be wrong.
    void stop_checking() noexcept { checking_ = false; }
    bool checking() const noexcept { return checking_; }

    const StreamModel* find(wire::StreamId id) const;
    /// Bytes of DATA payload this node has sent, over all streams.
    std::uint64_t payload_sent() const noexcept { return payload_sent_; }
    std::uint64_t payload_received() const noexcept { return payload_received_; }
    std::uint64_t frames_sent() const noexcept { return frames_sent_; }
    std::uint64_t frames_received() const noexcept { return frames_received_; }
    bool between_received_frames() const noexcept { return in_.between_frames(); }
    std::uint64_t datagram_bytes_sent() const noexcept { return datagram_bytes_sent_; }
    /// Outstanding credit beyond a first window, over all streams.
    std::uint64_t credit_committed(std::uint32_t first_window) const;

private:
    void trace_frame(const wire::FrameHeader& header, Bytes payload);
    void on_sent(const wire::FrameHeader& header, Bytes payload);
    void on_received(const wire::FrameHeader& header, Bytes payload);
    void sent_ping(std::uint8_t flags);
    void sent_open(wire::StreamId id, Bytes payload);
    void sent_data(const wire::FrameHeader& header);
    void sent_credit(wire::StreamId id, std::uint32_t credit);
    void sent_reset(wire::StreamId id);
    void received_open(wire::StreamId id, Bytes payload);
    void received_data(const wire::FrameHeader& header);
    StreamModel* known(wire::StreamId id, const char* what);

    World& world_;
    const char* name_;
    bool opens_odd_;
    std::uint32_t window_max_;
    bool checking_ = true;
    FrameCutter out_;
    FrameCutter in_;
    wire::StreamId last_opened_ = 0;
    std::unordered_map<wire::StreamId, StreamModel> streams_;
    std::uint64_t payload_sent_ = 0;
    std::uint64_t payload_received_ = 0;
    std::uint64_t frames_sent_ = 0;
    std::uint64_t frames_received_ = 0;
    std::uint64_t datagram_bytes_sent_ = 0;
    std::uint32_t pings_unanswered_ = 0;
};

}  // namespace ferrotunnel::simulation
