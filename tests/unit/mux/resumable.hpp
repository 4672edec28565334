// A session that can be resumed, and a hand in place of its peer that keeps the bytes that it was sent, and drops the
// end of them at a cut.
#pragma once

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {

inline constexpr Duration window = 30s;

inline Settings resuming(Settings settings = server_settings()) {
    settings.resume = window;
    settings.resume_memory = limits::resume_memory_min;
    return settings;
}

inline Raw confirm_frame(std::uint64_t received) {
    Raw raw(wire::confirm_frame_bytes);
    wire::encode_confirm(received, raw.data());
    return raw;
}

class Resumable : public SessionFixture {
public:
    explicit Resumable(const Settings& settings_in = resuming()) : SessionFixture(settings_in, false) {
        session->begin_resumable(window);
        session->establish({});
        send_all();
        answer_pings_seen();
    }

    /// Lets the session send everything that it wants to; the bytes are in `wire`.
    void send_all() {
        while (session->has_output()) {
            Batch batch(pool);
            if (!session->produce(batch, now)) {
                break;
            }
            for (Bytes piece : batch.pieces()) {
                wire.insert(wire.end(), piece.begin(), piece.end());
            }
            session->written(batch.bytes(), now);
            session->check_invariants();
        }
    }
    std::vector<Frame> frames() const { return cut(wire); }
    void answer_pings_seen() {
        for (const Frame& frame : of_type(frames(), FrameType::ping)) {
            if (frame.header.flags == 0) {
                feed(ping_frame(wire::decode_ping(frame.payload).value(), true));
            }
        }
    }
    /// Loses the connection when the peer has `received` of what was sent; it then gets the rest on a new one.
    void cut_at(std::size_t received) {
        REQUIRE(session->is_resumable());
        session->detach();
        wire.resize(received);
        now += 3s;
        REQUIRE(session->can_reattach(received));
        session->reattach(received, {}, now);
        send_all();
    }

    Raw wire;  // all that the session has sent, as the peer has it
};

}  // namespace ferrotunnel::mux::test
