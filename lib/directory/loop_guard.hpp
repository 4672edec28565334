// Guard between a public port's acceptor and its trunks, which rejects visitors that the port itself creates
// (trunk/loop_detector.hpp). Lives on the listener's worker.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "directory/shared_port.hpp"
#include "runtime/timer.hpp"
#include "trunk/loop_detector.hpp"

namespace ferrotunnel::directory {

class LoopGuard {
public:
    /// `port` owns the guard, and outlives it.
    LoopGuard(runtime::Worker& worker, SharedPort& port);
    ~LoopGuard();

    void take(Visitor visitor) noexcept;

private:
    void handle(Visitor visitor);
    void on_time();
    bool has_answered() const noexcept;
    void admit_trial();
    void admit_all();
    void on_loop();
    void check_loop_ended();

    runtime::Worker& worker_;
    SharedPort& port_;
    trunk::LoopDetector watch_;
    runtime::Timer timer_;
    runtime::Timer loop_check_timer_;
    std::deque<Visitor> held_;
    std::vector<IntrusivePtr<trunk::Traffic>> admitted_;  // of visitors let in since the test began
    std::uint64_t before_ = 0;                            // visitors when the last loop was found
    unsigned checks_ = 0;                                 // checks since then whether most have ended
    TimePoint report_from_{};                             // when a loop may be reported again
};

}  // namespace ferrotunnel::directory
