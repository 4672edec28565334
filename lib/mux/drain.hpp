// Drain of a session that accepts no new streams, and the peer's GOAWAYs.
//
//   none --begin--> announced --the ping came back--> final --last stream gone--> drained
//
//   announced: GOAWAY with the highest id was sent, followed by a ping. Opens in flight are still accepted.
//   final:     GOAWAY with the last id was sent. Later opens are refused.
//
// The peer's GOAWAYs report the same about the peer; they do not change this side's phase.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class Drain {
public:
    enum class Phase : std::uint8_t { none, announced, final, drained };

    Phase phase() const noexcept { return phase_; }
    /// The reason, for both GOAWAYs.
    wire::Code code() const noexcept { return code_; }
    const std::string& text() const noexcept { return text_; }
    /// Whether new streams of the peer are refused.
    bool refuses_opens() const noexcept { return phase_ >= Phase::final; }

    void begin(wire::Code code, std::string_view text) {
        phase_ = Phase::announced;
        code_ = code;
        text_ = text;
    }
    /// The ping that was sent behind the first GOAWAY.
    void await_ping(std::uint64_t opaque) noexcept { ping_ = opaque; }
    /// A ping was answered; `last` is the highest ping that was answered. True once, when the final GOAWAY is due.
    [[nodiscard]] bool on_pong(std::uint64_t last) noexcept {
        return last >= ping_ && advance(Phase::announced, Phase::final);
    }
    /// The session has no streams. True once, when the drain is over.
    [[nodiscard]] bool on_empty() noexcept { return advance(Phase::final, Phase::drained); }

    /// The peer's GOAWAY. False if it is not a drain: it ends the session.
    [[nodiscard]] bool on_goaway(wire::Code code) noexcept {
        using wire::Code;
        if (code != Code::none && code != Code::going_away && code != Code::rotated) {
            return false;
        }
        const Peer now = code == Code::none ? Peer::over : code == Code::rotated ? Peer::open : Peer::draining;
        peer_ = now > peer_ ? now : peer_;
        return true;
    }
    /// The peer accepts no new streams.
    bool peer_drains() const noexcept { return peer_ >= Peer::draining; }
    /// GOAWAY `none`: nothing follows.
    bool peer_is_over() const noexcept { return peer_ == Peer::over; }

private:
    enum class Peer : std::uint8_t { open, draining, over };

    bool advance(Phase from, Phase to) noexcept {
        if (phase_ != from) {
            return false;
        }
        phase_ = to;
        return true;
    }

    Phase phase_ = Phase::none;
    Peer peer_ = Peer::open;
    wire::Code code_ = wire::Code::none;
    std::uint64_t ping_ = 0;
    std::string text_;
};

}  // namespace ferrotunnel::mux
