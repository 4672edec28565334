#include "trunk/loop_detector.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::trunk {
namespace {

// The present visitors are counted only at every 16th arrival: counting them is the most expensive step.
constexpr std::uint64_t check_interval = 16;

}  // namespace

bool LoopDetector::wants_count(TimePoint now) noexcept {
    if (now - window_began_ > window) {
        window_began_ = now;
        arrived_ = 0;
    }
    ++arrived_;
    return state_ == State::idle && arrived_ >= many && arrived_ % check_interval == 0;
}

LoopDetector::Decision LoopDetector::on_visitor(TimePoint now, std::uint64_t visitors_now) {
    switch (state_) {
        case State::idle:
            if (visitors_now < many || (now < rests_until_ && visitors_now < 2 * tested_at_)) {
                return Decision::pass;
            }
            tested_at_ = visitors_now;
            admitted_ = 0;
            rounds_ = 0;
            followed_ = 0;
            return hold(now);
        case State::quiet:
            if (held_ == held_max) {
                give_up(now);
                return Decision::pass_all;
            }
            return hold(now);
        case State::admitted:
            return hold(now);
    }
    return Decision::pass;
}

LoopDetector::Decision LoopDetector::hold(TimePoint now) {
    if (state_ != State::quiet) {
        state_ = State::quiet;
        held_since_ = now;
    }
    ++held_;
    const auto spread = static_cast<std::uint64_t>((quiet_max - quiet_min).count());
    const Duration quiet = quiet_min + Duration(static_cast<Duration::rep>(random_.below(spread + 1)));
    deadline_ = std::min(now + quiet, held_since_ + held_for_max);
    return Decision::hold;
}

LoopDetector::Step LoopDetector::on_time(TimePoint now) {
    if (now < deadline_) {
        return Step::nothing;
    }
    if (state_ == State::quiet) {
        return end_round(now);
    }
    give_up(now);
    return Step::admit_all;
}

LoopDetector::Step LoopDetector::end_round(TimePoint now) {
    const bool was_quiet = deadline_ < held_since_ + held_for_max;
    if (was_quiet && held_ == admitted_ && ++followed_ == proof) {
        give_up(now);
        return Step::loop;
    }
    if (++rounds_ > rounds_max) {
        give_up(now);
        return Step::admit_all;
    }
    admitted_ = std::exchange(held_, 0);
    state_ = State::admitted;
    deadline_ = now + follows_within;
    return Step::admit_trial;
}

void LoopDetector::give_up(TimePoint now) noexcept {
    stop();
    rests_until_ = now + next_rest_;
    next_rest_ = std::min(2 * next_rest_, rest_max);
}

void LoopDetector::confirm_loop() noexcept {
    next_rest_ = rest;
    rests_until_ = TimePoint{};
    tested_at_ = 0;
}

void LoopDetector::stop() noexcept {
    state_ = State::idle;
    deadline_ = never;
    held_ = 0;
}

}  // namespace ferrotunnel::trunk
