// A loop over an object's steps until nothing is left to do, in which a step's calls may request another one.
#pragma once

#include <exception>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::runtime {

/// A guard against recursion: a session wakes a pump from within the pump's own calls, an exchange its connection.
/// Lives on the worker.
class StepLoop {
public:
    /// Calls `step`, and again as long as another one was requested and `should_continue`. From within a step, only
    /// requests another one. `owner` stays alive meanwhile. If a step throws, `failed` is called with the exception.
    template <typename Owner, typename Step, typename Failed, typename ShouldContinue>
    void run(Owner* owner, Step step, Failed failed, ShouldContinue should_continue) noexcept {
        if (running_) {
            again_ = true;
            return;
        }
        const IntrusivePtr<Owner> keep(owner);
        running_ = true;
        do {
            again_ = false;
            try {
                step();
            } catch (const std::exception& problem) {
                failed(problem);
            }
        } while (again_ && should_continue());
        running_ = false;
    }

    /// Requests another step when the present one is over.
    void request_rerun() noexcept { again_ = true; }
    bool is_running() const noexcept { return running_; }

private:
    bool running_ = false;
    bool again_ = false;
};

}  // namespace ferrotunnel::runtime
