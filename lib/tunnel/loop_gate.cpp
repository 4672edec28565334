#include "tunnel/loop_gate.hpp"

#include <exception>
#include <utility>

#include "runtime/system_random.hpp"
#include "tunnel/socket_pump.hpp"

namespace ferrotunnel::tunnel {
namespace {

constexpr auto tell_every = std::chrono::minutes(1);

}  // namespace

LoopGate::LoopGate(runtime::Worker& worker, SharedPort& port)
    : worker_(worker), port_(port), watch_(runtime::system_random()), timer_(worker, [this] { on_time(); }) {}

LoopGate::~LoopGate() = default;

void LoopGate::take(Visitor visitor) noexcept try { take_in(std::move(visitor)); } catch (const std::exception&) {
    // No memory to hold it: it is reset.
}

void LoopGate::take_in(Visitor visitor) {
    const TimePoint now = worker_.now();
    if (let_in_ && let_in_->to_sockets.load(std::memory_order_relaxed) > 0) {
        watch_.answered(now);
        let_all_in();
    }
    const std::uint64_t visitors = watch_.wants_count(now) ? port_.visitors() : 0;
    switch (watch_.on_visitor(now, visitors)) {
        case LoopWatch::Verdict::pass_all:
            let_all_in();
            [[fallthrough]];
        case LoopWatch::Verdict::pass:
            port_.hand_over(std::move(visitor));
            return;
        case LoopWatch::Verdict::hold:
            held_.push_back(std::move(visitor));
            timer_.set(watch_.deadline());
            return;
        case LoopWatch::Verdict::loop:
            on_loop(now);
            return;  // and is reset, which takes the chain behind it down
    }
}

void LoopGate::on_time() {
    switch (watch_.on_time(worker_.now())) {
        case LoopWatch::Act::let_one_in:
            let_one_in();
            break;
        case LoopWatch::Act::let_all_in:
            let_all_in();
            break;
        case LoopWatch::Act::nothing:
            break;
    }
    timer_.set(watch_.deadline());
}

// What it gets is counted by itself: a byte from the service means that it is no loop.
void LoopGate::let_one_in() {
    let_in_ = std::make_shared<Traffic>();
    Visitor visitor = std::move(held_.front());
    held_.pop_front();
    visitor.watched = let_in_;
    port_.hand_over(std::move(visitor));
}

void LoopGate::let_all_in() {
    let_in_.reset();
    timer_.set(watch_.deadline());
    for (std::deque<Visitor> all = std::exchange(held_, {}); !all.empty(); all.pop_front()) {
        port_.hand_over(std::move(all.front()));
    }
}

void LoopGate::on_loop(TimePoint now) {
    let_in_.reset();
    timer_.set(watch_.deadline());
    held_.clear();
    if (now >= tell_from_) {
        tell_from_ = now + tell_every;
        port_.tell_of_loop();
    }
}

}  // namespace ferrotunnel::tunnel
