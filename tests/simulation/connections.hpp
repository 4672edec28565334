// The connections between the two nodes, one after the other. A session that can be resumed gets another one when its
// own is lost: the client dials and says what it has, the server answers what it has, and both continue.
//
//   client: detached --pause--> dials --answer--> attached       request: attempt, received (8 bytes each)
//             ^                  |                               answer:  received (8 bytes), before anything else
//             '--cut, or 5 s-----'
//
// Request and answer are bytes on the links like all others, so that a cut after so many bytes hits each step.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/link.hpp"
#include "simulation/node.hpp"
#include "simulation/plan.hpp"
#include "simulation/world.hpp"

namespace ferrotunnel::simulation {

class Connections {
public:
    Connections(World& world, const Plan& plan, Node& server, Node& client);

    /// The link from a node of the connection that was made last.
    Link& link_from(std::uint32_t node) noexcept { return *latest().link[node]; }
    /// Breaks that connection; each end learns of it in its own time.
    void break_latest() { break_connection(latest()); }
    /// True if nothing is under way that will still arrive.
    bool idle() const noexcept;

private:
    struct Connection {
        std::uint32_t number = 0;
        std::unique_ptr<Link> link[2];  // from node i
        std::vector<std::uint8_t> request;
        std::vector<std::uint8_t> answer;
        bool answered = false;  // the server continues here
        bool attached = false;  // and the client too
        bool dead = false;
    };

    Connection& latest() noexcept { return *all_.back(); }
    Connection& make();
    void plan_cut(Connection& connection);
    void to_server(Connection& connection, Bytes bytes);
    void to_client(Connection& connection, Bytes bytes);
    void on_request(Connection& connection);
    void refuse(Connection& connection);
    void break_connection(Connection& connection);
    void kill(Connection& connection);
    void node_detached(std::uint32_t node);
    void plan_attempt();
    void attempt();

    World& world_;
    const Plan& plan_;
    Node* node_[2];
    std::vector<std::unique_ptr<Connection>> all_;
    std::uint64_t attempts_ = 0;
    std::uint64_t last_attempt_ = 0;  // as the server knows
};

}  // namespace ferrotunnel::simulation
