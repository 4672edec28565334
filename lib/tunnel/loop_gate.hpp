// Stands between a public port's acceptor and its trunks, and keeps visitors out that the port makes itself
// (tunnel/loop_watch.hpp). Lives on the listener's worker.
#pragma once

#include <deque>
#include <memory>

#include "runtime/timer.hpp"
#include "tunnel/loop_watch.hpp"
#include "tunnel/shared_port.hpp"

namespace ferrotunnel::tunnel {

struct Traffic;

class LoopGate {
public:
    /// `port` has the gate, and goes after it.
    LoopGate(runtime::Worker& worker, SharedPort& port);
    ~LoopGate();

    void take(Visitor visitor) noexcept;

private:
    void take_in(Visitor visitor);
    void on_time();
    void let_one_in();
    void let_all_in();
    void on_loop(TimePoint now);

    runtime::Worker& worker_;
    SharedPort& port_;
    LoopWatch watch_;
    runtime::Timer timer_;
    std::deque<Visitor> held_;
    std::shared_ptr<Traffic> let_in_;  // of who was let in last
    TimePoint tell_from_{};            // a loop is told again
};

}  // namespace ferrotunnel::tunnel
