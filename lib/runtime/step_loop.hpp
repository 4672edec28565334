// Runs an object's steps until nothing is left to do, where what a step calls may ask for another one.
#pragma once

#include <exception>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::runtime {

/// The guard against recursion: a session wakes a pump from within the pump's own calls, an exchange its connection. On
/// the worker.
class StepLoop {
public:
    /// Calls `step`, and again for as long as somebody has asked for it and `goes_on`. From within a step, only asks
    /// for another one. `owner` stays alive meanwhile. A step that throws ends what `failed`, which gets the exception,
    /// says.
    template <typename Owner, typename Step, typename Failed, typename GoesOn>
    void run(Owner* owner, Step step, Failed failed, GoesOn goes_on) noexcept {
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
        } while (again_ && goes_on());
        running_ = false;
    }

    /// Asks for another step when the present one is over.
    void ask_again() noexcept { again_ = true; }
    bool is_running() const noexcept { return running_; }

private:
    bool running_ = false;
    bool again_ = false;
};

}  // namespace ferrotunnel::runtime
