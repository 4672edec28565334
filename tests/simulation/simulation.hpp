// One seed: two nodes, the network between them, the streams and faults of its plan, and the judgement.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/connections.hpp"
#include "simulation/half.hpp"
#include "simulation/node.hpp"

namespace ferrotunnel::simulation {

/// What a run amounted to, to see that seeds do what they are meant to do.
struct Outcome {
    std::optional<std::string> violation;
    std::uint64_t steps = 0;
    std::uint64_t payload = 0;
    std::uint64_t opened = 0;
    std::uint64_t refused = 0;
    std::uint64_t ended_by_fin = 0;
    double simulated_seconds = 0;
    std::uint64_t resumed = 0;  // connections that took over
    bool survived = false;      // the session lived to its drain
};

class Simulation {
public:
    Simulation(std::uint64_t seed, bool verbose);
    ~Simulation();

    Outcome run();

private:
    void join_nodes();
    void plan_streams();
    void open_stream(StreamRecord& record);
    void plan_faults();
    void strike(const FaultPlan& fault);
    void inject_violation(Node& node, std::uint32_t variant);

    void run_while(bool (Simulation::*going_on)() const, Duration patience, const char* what);
    bool streams_run() const;
    bool sessions_settle() const;
    bool sessions_drain() const;
    void step();
    void check_quiet();
    bool all_idle() const;
    bool both_dead() const { return node_[0]->dead() && node_[1]->dead(); }
    void finish();
    void describe();

    World world_;
    Plan plan_;
    std::unique_ptr<Node> node_[2];
    std::unique_ptr<Connections> connections_;
    std::vector<std::unique_ptr<StreamRecord>> records_;
    Outcome outcome_;
    std::uint32_t ticks_in_place_ = 0;
};

}  // namespace ferrotunnel::simulation
