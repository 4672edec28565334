// Gate between a public port's acceptor and its trunks, which keeps out visitors that the port itself creates
// (trunk/loop_watch.hpp). Lives on the listener's worker.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "directory/shared_port.hpp"
#include "runtime/timer.hpp"
#include "trunk/loop_watch.hpp"

namespace ferrotunnel::trunk {
struct Traffic;
}

namespace ferrotunnel::directory {

class LoopGate {
public:
    /// `port` owns the gate, and outlives it.
    LoopGate(runtime::Worker& worker, SharedPort& port);
    ~LoopGate();

    void take(Visitor visitor) noexcept;

private:
    void take_in(Visitor visitor);
    void on_time();
    bool has_answered() const noexcept;
    void try_in();
    void let_all_in();
    void on_loop();
    void on_fall_due();

    runtime::Worker& worker_;
    SharedPort& port_;
    trunk::LoopWatch watch_;
    runtime::Timer timer_;
    runtime::Timer fall_timer_;
    std::deque<Visitor> held_;
    std::vector<std::shared_ptr<trunk::Traffic>> let_in_;  // of visitors let in since the test began
    std::uint64_t before_ = 0;                             // visitors at the last verdict
    unsigned looks_ = 0;                                   // checks since then whether most have ended
    TimePoint tell_from_{};                                // when a loop may be reported again
};

}  // namespace ferrotunnel::directory
