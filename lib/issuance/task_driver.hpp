// Drives a task of lib/acme: sends its requests and waits for it. Every other step is its owner's.
#pragma once

#include <functional>
#include <utility>
#include <variant>

#include "acme/step.hpp"
#include "base/clock.hpp"
#include "issuance/call_runner.hpp"
#include "issuance/network.hpp"
#include "issuance/wall_clock.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::issuance {

struct TaskOwner {
    /// Carries out a step that is neither a request nor a wait; then it calls continue_later() or advance(), or the
    /// task has ended. It may destroy the driver.
    std::function<void(const acme::Step&)> on_step;
    /// Called before each response is given to the task. False: the owner has ended it, and may have destroyed the
    /// driver.
    std::function<bool()> before_answer{};
};

/// Lives on its worker. It begins in a later round.
template <typename Task>
class TaskDriver {
public:
    /// `arguments`: of the task's constructor, without the time.
    template <typename... Arguments>
    TaskDriver(Network& network, TaskOwner owner, Arguments&&... arguments)
        : owner_(std::move(owner)),
          task_(std::forward<Arguments>(arguments)..., wall_now()),
          calls_(network),
          timer_(network.worker, [this] { on_timer(); }) {
        continue_later();
    }
    TaskDriver(const TaskDriver&) = delete;
    TaskDriver& operator=(const TaskDriver&) = delete;

    Task& task() noexcept { return task_; }
    const CallRunner& calls() const noexcept { return calls_; }

    /// Carries out the task's present step.
    void advance() {
        const acme::Step& step = task_.step();
        if (const auto* call = std::get_if<acme::CallStep>(&step)) {
            calls_.run(call->call, [this](const acme::HttpReply& reply) { answer(reply); });
        } else if (const auto* wait = std::get_if<acme::WaitStep>(&step)) {
            timer_.set_after(wait->time);
        } else {
            const auto on_step = owner_.on_step;  // outlives this
            on_step(step);
        }
    }
    /// The present step was carried out: in a later round the next one follows.
    void continue_later() { timer_.set_after(Duration::zero()); }
    void cancel() noexcept { timer_.cancel(); }

private:
    void on_timer() {
        if (std::exchange(has_begun_, true)) {
            task_.continued(wall_now());
        }
        advance();
    }
    void answer(const acme::HttpReply& reply) {
        const auto before_answer = owner_.before_answer;  // outlives this
        if (before_answer && !before_answer()) {
            return;
        }
        task_.answered(reply, wall_now());
        advance();
    }

    const TaskOwner owner_;
    Task task_;
    CallRunner calls_;
    runtime::Timer timer_;
    bool has_begun_ = false;
};

}  // namespace ferrotunnel::issuance
