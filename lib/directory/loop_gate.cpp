#include "directory/loop_gate.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/system_random.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr auto tell_every = std::chrono::minutes(1);
// A loop whose heads were reset collapses, each of its members after the next one: at once if the machines are near
// each other, over seconds if they are far apart.
constexpr auto look_every = std::chrono::seconds(1);
constexpr unsigned looks_max = 10;

}  // namespace

LoopGate::LoopGate(runtime::Worker& worker, SharedPort& port)
    : worker_(worker),
      port_(port),
      watch_(runtime::system_random()),
      timer_(worker, [this] { on_time(); }),
      fall_timer_(worker, [this] { on_fall_due(); }) {}

LoopGate::~LoopGate() = default;

void LoopGate::take(Visitor visitor) noexcept try { take_in(std::move(visitor)); } catch (const std::exception&) {
    // No memory to hold the visitor: it is reset.
}

void LoopGate::take_in(Visitor visitor) {
    const TimePoint now = worker_.now();
    if (watch_.is_testing() && has_answered()) {
        watch_.answered(now);
        let_all_in();
    }
    const std::uint64_t visitors = watch_.wants_count(now) ? port_.visitors() : 0;
    switch (watch_.on_visitor(now, visitors)) {
        case trunk::LoopWatch::Verdict::pass_all:
            let_all_in();
            [[fallthrough]];
        case trunk::LoopWatch::Verdict::pass:
            port_.hand_over(std::move(visitor));
            return;
        case trunk::LoopWatch::Verdict::hold:
            held_.push_back(std::move(visitor));
            timer_.set(watch_.deadline());
            return;
    }
}

void LoopGate::on_time() {
    const TimePoint now = worker_.now();
    if (watch_.is_testing() && has_answered()) {
        watch_.answered(now);
        let_all_in();
        return;
    }
    switch (watch_.on_time(now)) {
        case trunk::LoopWatch::Act::try_in:
            try_in();
            break;
        case trunk::LoopWatch::Act::let_all_in:
            let_all_in();
            break;
        case trunk::LoopWatch::Act::loop:
            on_loop();
            break;
        case trunk::LoopWatch::Act::nothing:
            break;
    }
    timer_.set(watch_.deadline());
}

bool LoopGate::has_answered() const noexcept {
    return std::any_of(let_in_.begin(), let_in_.end(), [](const auto& one) { return one->to_sockets.load() > 0; });
}

// Lets the held visitors in and counts the bytes of each: a byte from the service means that there is no loop.
void LoopGate::try_in() {
    for (; !held_.empty(); held_.pop_front()) {
        let_in_.push_back(std::make_shared<trunk::Traffic>());
        held_.front().watched = let_in_.back();
        port_.hand_over(std::move(held_.front()));
    }
}

void LoopGate::let_all_in() {
    let_in_.clear();
    timer_.set(watch_.deadline());
    for (std::deque<Visitor> all = std::exchange(held_, {}); !all.empty(); all.pop_front()) {
        port_.hand_over(std::move(all.front()));
    }
}

// Resets the held visitors. If that takes down the chains behind them, it was a loop.
void LoopGate::on_loop() {
    let_in_.clear();
    before_ = port_.visitors();
    held_.clear();
    looks_ = 0;
    fall_timer_.set_after(look_every);
}

void LoopGate::on_fall_due() {
    if (port_.visitors() > before_ / 2) {
        if (++looks_ < looks_max) {
            fall_timer_.set_after(look_every);
        }
        return;  // it was an accident, or an imitation of a loop
    }
    watch_.fell();
    const TimePoint now = worker_.now();
    if (now >= tell_from_) {
        tell_from_ = now + tell_every;
        port_.tell_of_loop();
    }
}

}  // namespace ferrotunnel::directory
