// Pointers that instances store for an exchange, visitor, login or registration, one each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace ferrotunnel::plugin {

class InstanceStates {
public:
    using Release = void (*)(void*);

    InstanceStates() = default;
    InstanceStates(const InstanceStates&) = delete;
    InstanceStates& operator=(const InstanceStates&) = delete;
    ~InstanceStates() {
        for (const State& each : states_) {
            release(each.state, each.release);
        }
    }

    /// Null if the instance has none.
    void* get(std::size_t instance) const noexcept {
        const auto found = std::find_if(states_.begin(), states_.end(),
                                        [instance](const State& each) { return each.instance == instance; });
        return found != states_.end() ? found->state : nullptr;
    }
    /// Stores and owns `state`. Releases the instance's previous state, unless it is the same.
    void set(std::size_t instance, void* state, Release releases) noexcept {
        const auto found = std::find_if(states_.begin(), states_.end(),
                                        [instance](const State& each) { return each.instance == instance; });
        if (found != states_.end()) {
            const State before = std::exchange(*found, {instance, state, releases});
            if (before.state != state) {
                release(before.state, before.release);
            }
            return;
        }
        try {
            states_.push_back({instance, state, releases});
        } catch (const std::exception&) {  // no memory for the entry
            release(state, releases);
        }
    }
    static void release(void* state, Release releases) noexcept {
        if (releases != nullptr) {
            releases(state);
        }
    }

private:
    struct State {
        std::size_t instance;
        void* state;
        Release release;
    };

    std::vector<State> states_;
};

}  // namespace ferrotunnel::plugin
