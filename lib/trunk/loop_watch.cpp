#include "trunk/loop_watch.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::trunk {
namespace {

// Only one visitor in so many has the others counted, since counting costs more than everything else.
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
            let_in_ = 0;
            rounds_ = 0;
            followed_ = 0;
            return hold(now);
        case State::quiet:
            if (held_ == held_max) {
                give_up(now);
                return Verdict::pass_all;
            }
            return hold(now);
        case State::let_in:
            return hold(now);
    }
    return Verdict::pass;
}

LoopWatch::Verdict LoopWatch::hold(TimePoint now) {
    if (state_ != State::quiet) {
        state_ = State::quiet;
        held_since_ = now;
    }
    ++held_;
    const auto spread = static_cast<std::uint64_t>((quiet_max - quiet_min).count());
    const Duration quiet = quiet_min + Duration(static_cast<Duration::rep>(random_.below(spread + 1)));
    deadline_ = std::min(now + quiet, held_since_ + held_for_max);
    return Verdict::hold;
}

LoopWatch::Act LoopWatch::on_time(TimePoint now) {
    if (now < deadline_) {
        return Act::nothing;
    }
    if (state_ == State::quiet) {
        return end_round(now);
    }
    give_up(now);
    return Act::let_all_in;
}

LoopWatch::Act LoopWatch::end_round(TimePoint now) {
    const bool was_quiet = deadline_ < held_since_ + held_for_max;
    if (was_quiet && held_ == let_in_ && ++followed_ == proof) {
        give_up(now);
        return Act::loop;
    }
    if (++rounds_ > rounds_max) {
        give_up(now);
        return Act::let_all_in;
    }
    let_in_ = std::exchange(held_, 0);
    state_ = State::let_in;
    deadline_ = now + follows_within;
    return Act::try_in;
}

void LoopWatch::give_up(TimePoint now) noexcept {
    stop();
    rests_until_ = now + next_rest_;
    next_rest_ = std::min(2 * next_rest_, rest_max);
}

void LoopWatch::fell() noexcept {
    next_rest_ = rest;
    rests_until_ = TimePoint{};
    tested_at_ = 0;
}

void LoopWatch::stop() noexcept {
    state_ = State::idle;
    deadline_ = never;
    held_ = 0;
}

}  // namespace ferrotunnel::trunk
