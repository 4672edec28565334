#include "tunnel/loop_watch.hpp"

#include <algorithm>

namespace ferrotunnel::tunnel {
namespace {

// Counting who is there costs more than the rest of it.
constexpr std::uint64_t look_at_every = 16;

}  // namespace

bool LoopWatch::wants_count(TimePoint now) noexcept {
    if (now - window_began_ > window) {
        window_began_ = now;
        came_ = 0;
    }
    ++came_;
    return state_ == State::idle && came_ >= many && came_ % look_at_every == 0;
}

LoopWatch::Verdict LoopWatch::on_visitor(TimePoint now, std::uint64_t visitors_now) {
    switch (state_) {
        case State::idle:
            if (visitors_now < many || (now < rests_until_ && visitors_now < 2 * tested_at_)) {
                return Verdict::pass;
            }
            tested_at_ = visitors_now;
            followed_ = 0;
            return hold(now);
        case State::quiet:
            if (held_ == held_max) {
                give_up(now);
                return Verdict::pass_all;
            }
            return hold(now);
        case State::let_in:
            if (++followed_ >= proof) {
                stop();
                came_ = 0;
                tested_at_ = 0;
                next_rest_ = rest;
                return Verdict::loop;
            }
            return hold(now);
    }
    return Verdict::pass;
}

LoopWatch::Verdict LoopWatch::hold(TimePoint now) {
    ++held_;
    state_ = State::quiet;
    const auto spread = static_cast<std::uint64_t>((quiet_max - quiet_min).count());
    deadline_ = now + quiet_min + Duration(static_cast<Duration::rep>(random_.below(spread + 1)));
    return Verdict::hold;
}

LoopWatch::Act LoopWatch::on_time(TimePoint now) {
    if (now < deadline_) {
        return Act::nothing;
    }
    if (state_ == State::quiet) {
        --held_;
        state_ = State::let_in;
        deadline_ = now + follows_within;
        return Act::let_one_in;
    }
    give_up(now);
    return Act::let_all_in;
}

void LoopWatch::give_up(TimePoint now) noexcept {
    stop();
    rests_until_ = now + next_rest_;
    next_rest_ = std::min(2 * next_rest_, rest_max);
}

void LoopWatch::stop() noexcept {
    state_ = State::idle;
    deadline_ = never;
    held_ = 0;
}

}  // namespace ferrotunnel::tunnel
