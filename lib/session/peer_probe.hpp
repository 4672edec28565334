// Probe of a trunk's peer: sends a ping, and checks at intervals whether anything was received since.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "runtime/timer.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// Lives on the trunk's worker, and ends before the trunk does.
class PeerProbe {
public:
    using Answer = std::function<void(bool alive)>;

    /// `over` is called before `answer`, and destroys this. A probe that is destroyed early answers that the peer is
    /// gone.
    PeerProbe(runtime::Worker& worker, trunk::Trunk& trunk, Answer answer, std::function<void(PeerProbe*)> over)
        : worker_(worker),
          trunk_(trunk),
          answer_(std::move(answer)),
          over_(std::move(over)),
          began_(worker.now()),
          heard_(frames_heard()),
          timer_(worker, [this] { check_peer(); }) {
        trunk_.session().ping(began_);
        trunk_.session_changed();
        timer_.set_after(check_interval);
    }
    ~PeerProbe() {
        if (answer_) {
            answer_(false);
        }
    }
    PeerProbe(const PeerProbe&) = delete;
    PeerProbe& operator=(const PeerProbe&) = delete;

private:
    static constexpr auto check_interval = std::chrono::milliseconds(20);

    // Not the time of the last byte: answers to earlier pings may arrive in this very round, and then no ping is due.
    std::uint64_t frames_heard() const { return trunk_.session().stats().frames_received; }

    void check_peer() {
        const bool alive = frames_heard() != heard_;
        if (!alive && worker_.now() < began_ + limits::takeover_silence) {
            timer_.set_after(check_interval);
            return;
        }
        // Timers run before sockets: if this worker was blocked, the answer may be waiting in the socket.
        if (!alive && !std::exchange(last_check_, true)) {
            timer_.set(worker_.now());
            return;
        }
        const Answer answer = std::exchange(answer_, nullptr);
        const auto over = std::exchange(over_, nullptr);
        over(this);  // `this` is gone
        answer(alive);
    }

    runtime::Worker& worker_;
    trunk::Trunk& trunk_;
    Answer answer_;
    std::function<void(PeerProbe*)> over_;
    TimePoint began_;
    std::uint64_t heard_;
    bool last_check_ = false;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::session
