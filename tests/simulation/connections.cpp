#include "simulation/connections.hpp"

#include <algorithm>

namespace ferrotunnel::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t request_bytes = 16;
constexpr std::size_t answer_bytes = 8;
constexpr Duration attempt_patience = 5s;

}  // namespace

Connections::Connections(World& world, const Plan& plan, Node& server, Node& client)
    : world_(world), plan_(plan), node_{&server, &client} {
    Connection& first = make();
    first.answered = first.attached = true;
    for (std::uint32_t i = 0; i < 2; ++i) {
        node_[i]->connect(0, *first.link[i]);
        node_[i]->on_detached = [this, i] { node_detached(i); };
        node_[i]->on_given_up = [this, i] {
            if (i == 1 && !latest().attached) {
                break_connection(latest());
            }
        };
    }
}

bool Connections::idle() const noexcept {
    // A node that waits for its peer to confirm waits for nothing until it knows that the connection is gone.
    const auto waits_in_vain = [this](const Node* node) {
        const Connection& its = *all_[node->connection()];
        return node->is_on(its.number) && (its.link[0]->is_silent() || its.link[1]->is_silent());
    };
    if (plan_.resume.on && std::any_of(std::begin(node_), std::end(node_), waits_in_vain)) {
        return false;
    }
    return std::all_of(all_.begin(), all_.end(), [](const auto& connection) {
        return connection->link[0]->idle() && connection->link[1]->idle();
    });
}

Connections::Connection& Connections::make() {
    auto made = std::make_unique<Connection>();
    Connection& connection = *made;
    connection.number = static_cast<std::uint32_t>(all_.size());
    for (std::uint32_t i = 0; i < 2; ++i) {
        connection.link[i] = std::make_unique<Link>(world_, plan_.node[i].link);
        Link& link = *connection.link[i];
        link.on_room = [this, &connection, i] {
            if (node_[i]->is_on(connection.number)) {
                node_[i]->room_on_link();
            }
        };
        link.on_eof = [this, &connection, i] {
            if (node_[1 - i]->is_on(connection.number)) {
                node_[1 - i]->peer_closed();
            }
        };
        link.on_cut = [this, &connection] { break_connection(connection); };
    }
    connection.link[0]->on_bytes = [this, &connection](Bytes bytes) { to_client(connection, bytes); };
    connection.link[1]->on_bytes = [this, &connection](Bytes bytes) { to_server(connection, bytes); };
    all_.push_back(std::move(made));
    if (plan_.resume.on && connection.number < plan_.resume.cuts.size()) {
        plan_cut(connection);
    }
    return connection;
}

void Connections::plan_cut(Connection& connection) {
    const CutPlan& cut = plan_.resume.cuts[connection.number];
    switch (cut.kind) {
        case CutPlan::Kind::at_byte:
            connection.link[cut.direction]->cut_after(cut.byte);
            return;
        case CutPlan::Kind::at_time:
            world_.after(cut.after, [this, &connection] { break_connection(connection); });
            return;
        case CutPlan::Kind::silence:
            world_.after(cut.after, [&connection] {
                connection.link[0]->swallow();
                connection.link[1]->swallow();
            });
            return;
    }
}

// --- bytes ----------------------------------------------------------------------------------------------------------

void Connections::to_server(Connection& connection, Bytes bytes) {
    if (connection.dead) {
        return;
    }
    if (!connection.answered) {
        connection.request.insert(connection.request.end(), bytes.begin(), bytes.end());
        if (connection.request.size() > request_bytes) {
            world_.fail("the client speaks before the server has answered");
        } else if (connection.request.size() == request_bytes) {
            on_request(connection);
        }
    } else if (node_[0]->is_on(connection.number)) {
        node_[0]->bytes_arrived(bytes);
    }
}

void Connections::to_client(Connection& connection, Bytes bytes) {
    Node& client = *node_[1];
    if (connection.dead) {
        return;
    }
    if (!connection.attached) {
        const std::size_t n = std::min(bytes.size(), answer_bytes - connection.answer.size());
        connection.answer.insert(connection.answer.end(), bytes.begin(),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(n));
        bytes = bytes.subspan(n);
        if (connection.answer.size() < answer_bytes || client.dead() || !client.session().is_detached()) {
            return;
        }
        connection.attached = true;
        client.reattach(connection.number, *connection.link[1], load_be<8>(connection.answer.data()), {});
    }
    if (!bytes.empty() && client.is_on(connection.number)) {
        client.bytes_arrived(bytes);
    }
}

// --- resuming -------------------------------------------------------------------------------------------------------

void Connections::on_request(Connection& connection) {
    Node& server = *node_[0];
    const std::uint64_t attempt = load_be<8>(connection.request.data());
    const std::uint64_t received = load_be<8>(connection.request.data() + 8);
    if (attempt <= last_attempt_) {
        kill(connection);  // it was stuck in the network
        return;
    }
    last_attempt_ = attempt;
    if (server.trunk_over() || (!server.session().is_detached() && !server.session().is_resumable())) {
        refuse(connection);
        return;
    }
    connection.answered = true;
    server.detach();  // the client has given its old connection up
    std::uint8_t answer[answer_bytes];
    store_be<8>(answer, server.session().received_bytes());
    server.reattach(connection.number, *connection.link[0], received, answer);
}

void Connections::refuse(Connection& connection) {
    world_.trace("the server refuses to resume");
    kill(connection);
    world_.after(plan_.node[0].link.delay, [this] {
        if (node_[1]->session().is_detached()) {
            node_[1]->lose();
        }
    });
}

void Connections::break_connection(Connection& connection) {
    if (std::exchange(connection.dead, true)) {
        return;
    }
    world_.trace("connection %u breaks", connection.number);
    for (std::uint32_t i = 0; i < 2; ++i) {
        connection.link[i]->kill();
        world_.after(world_.between(0ms, 300ms), [this, &connection, i] {
            if (node_[i]->is_on(connection.number)) {
                node_[i]->connection_broke();
            } else if (i == 1 && !connection.attached) {
                plan_attempt();
            }
        });
    }
}

// Nobody is notified.
void Connections::kill(Connection& connection) {
    connection.dead = true;
    connection.link[0]->kill();
    connection.link[1]->kill();
}

// The node has reset the connection that it was on; the other end may learn of that, or not.
void Connections::node_detached(std::uint32_t node) {
    Connection& lost = *all_[node_[node]->connection()];
    if (!lost.dead) {
        kill(lost);
        if (world_.random().chance(50)) {
            world_.after(world_.between(0ms, 300ms), [this, &lost, other = 1 - node] {
                if (node_[other]->is_on(lost.number)) {
                    node_[other]->connection_broke();
                }
            });
        }
    }
    if (node == 1) {
        plan_attempt();
    }
}

void Connections::plan_attempt() {
    const Duration pause = world_.random().chance(60) ? world_.between(0ms, 50ms) : world_.between(50ms, 2s);
    world_.after(pause, [this, before = all_.size()] {
        if (all_.size() == before) {  // else another one was made meanwhile
            attempt();
        }
    });
}

void Connections::attempt() {
    Node& client = *node_[1];
    if (client.dead() || !client.session().is_detached()) {
        return;
    }
    Connection& connection = make();
    std::uint8_t request[request_bytes];
    store_be<8>(request, ++attempts_);
    store_be<8>(request + 8, client.session().received_bytes());
    world_.trace("the client dials for the %llu. time", static_cast<unsigned long long>(attempts_));
    connection.link[1]->write(request);
    world_.after(attempt_patience, [this, &connection] {
        if (!connection.attached && !connection.dead) {
            kill(connection);
            plan_attempt();
        }
    });
}

}  // namespace ferrotunnel::simulation
