// A call of plugins, on the caller's worker: it waits for the plugins' decision, within their time.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "hooks/session_run.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::session {

/// Lives on its worker, and must not outlive it. Destroying it abandons the call.
class PluginCall final : private hooks::SessionRunOwner {
public:
    /// Receives the step (never `wait`), in a round of the worker; may destroy the call.
    using Decided = std::function<void(hooks::Step)>;

    PluginCall(runtime::Worker& worker, hooks::SessionHooks& hooks, hooks::SessionPhase phase, hooks::Subject subject)
        : worker_(worker),
          run_(hooks.begin(phase, std::move(subject), *this, worker.mailbox())),
          timer_(worker, [this] { on_time(); }) {}
    PluginCall(const PluginCall&) = delete;
    PluginCall& operator=(const PluginCall&) = delete;

    /// Calls the plugins. After `wait`, `decided` is called later.
    hooks::Step ask(Decided decided) {
        check_here(worker_);
        const hooks::Step step = step_now();
        if (step == hooks::Step::wait) {
            decided_ = std::move(decided);
        }
        return step;
    }
    /// The run, with its results; null if no plugin handles that phase.
    hooks::SessionRun* run() const noexcept { return run_.get(); }
    std::unique_ptr<hooks::SessionRun> take_run() noexcept { return std::move(run_); }

private:
    hooks::Step step_now() {
        const hooks::Step step = run_ ? run_->ask(worker_.now()) : hooks::Step::go_on;
        if (step == hooks::Step::wait) {
            timer_.set(run_->wait_until());
        } else {
            timer_.cancel();
        }
        return step;
    }
    void on_decision() noexcept override { again(); }
    void on_time() {
        run_->expire();
        again();
    }
    void again() noexcept {
        const hooks::Step step = step_now();
        if (step == hooks::Step::wait || !decided_) {
            return;
        }
        const Decided decided = std::exchange(decided_, nullptr);
        decided(step);  // this object may be gone
    }

    runtime::Worker& worker_;
    std::unique_ptr<hooks::SessionRun> run_;
    Decided decided_;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::session
