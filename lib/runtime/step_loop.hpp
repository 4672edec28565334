// A loop over an object's steps until nothing is left to do, in which a step's calls may request another one.
#pragma once

#include <cstdint>
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
        if (is_running()) {
            request_rerun();
            return;
        }
        const IntrusivePtr<Owner> keep(owner);
        do {
            state_ = State::running;
            try {
                step();
            } catch (const std::exception& problem) {
                failed(problem);
            }
        } while (state_ == State::again && should_continue());
        state_ = State::idle;
    }

    /// Requests another step when the present one is over.
    void request_rerun() noexcept {
        if (is_running()) {
            state_ = State::again;
        }
    }
    bool is_running() const noexcept { return state_ != State::idle; }

private:
    enum class State : std::uint8_t { idle, running, again };

    State state_ = State::idle;
};

}  // namespace ferrotunnel::runtime
