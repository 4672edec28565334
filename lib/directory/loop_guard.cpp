#include "directory/loop_guard.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/system_random.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr auto report_interval = std::chrono::minutes(1);
// A loop whose heads were reset collapses, each of its members after the next one: at once if the machines are near
// each other, over seconds if they are far apart.
constexpr auto check_interval = std::chrono::seconds(1);
constexpr unsigned checks_max = 10;

}  // namespace

LoopGuard::LoopGuard(runtime::Worker& worker, SharedPort& port)
    : worker_(worker),
      port_(port),
      watch_(runtime::system_random()),
      timer_(worker, [this] { on_time(); }),
      loop_check_timer_(worker, [this] { check_loop_ended(); }) {}

LoopGuard::~LoopGuard() = default;

void LoopGuard::take(Visitor visitor) noexcept try { handle(std::move(visitor)); } catch (const std::exception&) {
    // No memory to hold the visitor: its connection is reset.
}

void LoopGuard::handle(Visitor visitor) {
    const TimePoint now = worker_.now();
    if (watch_.is_testing() && has_answered()) {
        watch_.answered(now);
        admit_all();
    }
    const std::uint64_t visitors = watch_.wants_count(now) ? port_.visitors() : 0;
    switch (watch_.on_visitor(now, visitors)) {
        case trunk::LoopDetector::Decision::pass_all:
            admit_all();
            [[fallthrough]];
        case trunk::LoopDetector::Decision::pass:
            port_.dispatch(std::move(visitor));
            return;
        case trunk::LoopDetector::Decision::hold:
            held_.push_back(std::move(visitor));
            timer_.set(watch_.deadline());
            return;
    }
}

void LoopGuard::on_time() {
    const TimePoint now = worker_.now();
    if (watch_.is_testing() && has_answered()) {
        watch_.answered(now);
        admit_all();
        return;
    }
    switch (watch_.on_time(now)) {
        case trunk::LoopDetector::Step::admit_trial:
            admit_trial();
            break;
        case trunk::LoopDetector::Step::admit_all:
            admit_all();
            break;
        case trunk::LoopDetector::Step::loop:
            on_loop();
            break;
        case trunk::LoopDetector::Step::nothing:
            break;
    }
    timer_.set(watch_.deadline());
}

bool LoopGuard::has_answered() const noexcept {
    return std::any_of(admitted_.begin(), admitted_.end(), [](const auto& one) { return one->to_sockets.load() > 0; });
}

// Lets the held visitors in and counts the bytes of each: a byte from the service means that there is no loop.
void LoopGuard::admit_trial() {
    for (; !held_.empty(); held_.pop_front()) {
        admitted_.push_back(make_intrusive<trunk::Traffic>());
        held_.front().watched = admitted_.back();
        port_.dispatch(std::move(held_.front()));
    }
}

void LoopGuard::admit_all() {
    admitted_.clear();
    timer_.set(watch_.deadline());
    for (std::deque<Visitor> all = std::exchange(held_, {}); !all.empty(); all.pop_front()) {
        port_.dispatch(std::move(all.front()));
    }
}

// Resets the connections of the held visitors. If that takes down the chains behind them, it was a loop.
void LoopGuard::on_loop() {
    admitted_.clear();
    before_ = port_.visitors();
    held_.clear();
    checks_ = 0;
    loop_check_timer_.set_after(check_interval);
}

void LoopGuard::check_loop_ended() {
    if (port_.visitors() > before_ / 2) {
        if (++checks_ < checks_max) {
            loop_check_timer_.set_after(check_interval);
        }
        return;  // no loop: the numbers matched by accident, or someone imitated a loop
    }
    watch_.confirm_loop();
    const TimePoint now = worker_.now();
    if (now >= report_from_) {
        report_from_ = now + report_interval;
        port_.report_loop();
    }
}

}  // namespace ferrotunnel::directory
