#include "simulation/simulation.hpp"

#include <algorithm>

namespace ferrotunnel::simulation {
namespace {

using namespace std::chrono_literals;

// Longer than any pause of an endpoint, a stall, a deadline of the sessions and a few round trips together.
constexpr Duration patience_with_streams = 200s;
constexpr Duration patience_with_sessions = 120s;

// The visitor's address carries the number of the stream, so that the acceptor knows which plan it follows.
net::Address address_of(std::uint32_t index) {
    net::Address address;
    address.family = 4;
    address.port = 7;
    store_be<4>(address.bytes.data(), index);
    return address;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, bool verbose) : world_(seed, verbose), plan_(make_plan(world_.random())) {
    add_resumes(seed, plan_);
    for (std::uint32_t i = 0; i < 2; ++i) {
        node_[i] = std::make_unique<Node>(world_, i == 0 ? "server" : "client", plan_.node[i], plan_.node[1 - i]);
    }
    connections_ = std::make_unique<Connections>(world_, plan_, *node_[0], *node_[1]);
    join_nodes();
    plan_streams();
    plan_faults();
}

Simulation::~Simulation() = default;

void Simulation::join_nodes() {
    for (std::uint32_t i = 0; i < 2; ++i) {
        Node& writer = *node_[i];
        writer.set_peer(*node_[1 - i]);
        writer.on_stream = [this, &writer](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
            auto index = static_cast<std::size_t>(load_be<4>(open.visitor.bytes.data()));
            if (index >= records_.size() || records_[index]->half[1].begun()) {
                world_.fail("%s: an OPEN that nobody made", writer.name());
                return;
            }
            records_[index]->half[1].begin(std::move(stream));
        };
    }
    node_[1]->greet();
    node_[0]->expect_greeting();
    node_[1]->expect_greeting();
}

void Simulation::plan_streams() {
    for (const StreamPlan& stream : plan_.streams) {
        auto index = static_cast<std::uint32_t>(records_.size());
        Node& opener = *node_[stream.opener];
        Node& acceptor = *node_[1 - stream.opener];
        records_.push_back(std::make_unique<StreamRecord>(world_, plan_, stream, index, opener, acceptor));
        StreamRecord& record = *records_.back();
        opener.halves.push_back(&record.half[0]);
        acceptor.halves.push_back(&record.half[1]);
        // After the greeting, which takes a round trip.
        Duration greeting = 2 * (plan_.node[0].link.delay + plan_.node[1].link.delay) + 100ms;
        world_.after(greeting + stream.open_at, [this, &record] { open_stream(record); });
    }
    for (auto& node : node_) {
        node->send_control_messages();
    }
}

void Simulation::open_stream(StreamRecord& record) {
    Node& node = *node_[record.plan.opener];
    if (!node.established() && !node.trunk_over()) {
        world_.after(50ms, [this, &record] { open_stream(record); });
        return;
    }
    record.attempted = true;
    record.opened_at = world_.now();
    if (node.dead()) {
        return;
    }
    mux::Session::OpenRequest request;
    request.service = record.plan.service;
    request.kind = record.plan.datagrams ? wire::ServiceKind::udp : wire::ServiceKind::tcp;
    request.visitor = address_of(record.index);
    auto result = node.open(request, record.half[0].waker(), record.plan.half[0].foreign);
    if (result) {
        ++outcome_.opened;
        world_.trace("stream #%u is opened by %s as %u", record.index, node.name(), result.value()->id());
        record.half[0].begin(std::move(result.value()));
        return;
    }
    ++outcome_.refused;
    record.open_error = result.error();
    world_.trace("stream #%u is not opened: %s", record.index, wire::name_of(result.error()).data());
    bool justified = node.trunk_over() || (node.draining() && result.error() == wire::Code::going_away) ||
                     (plan_.ids_run_out && result.error() == wire::Code::rotated) ||
                     (plan_.opens_are_limited && result.error() == wire::Code::busy);
    if (!justified) {
        world_.fail("stream #%u could not be opened: %s", record.index, wire::name_of(result.error()).data());
    }
}

// --- faults ---------------------------------------------------------------------------------------------------------

void Simulation::plan_faults() {
    for (const FaultPlan& fault : plan_.faults) {
        if (fault.kind == FaultKind::cut) {
            connections_->link_from(fault.node).cut_after(fault.at_byte);
            world_.trace("fault: the link from %s breaks after %llu bytes", node_[fault.node]->name(),
                         static_cast<unsigned long long>(fault.at_byte));
        } else {
            world_.after(fault.at, [this, &fault] { strike(fault); });
        }
    }
}

void Simulation::strike(const FaultPlan& fault) {
    Node& node = *node_[fault.node];
    Link& link = connections_->link_from(fault.node);
    if (node.dead()) {
        return;
    }
    world_.trace("fault: %s at %s", name_of(fault.kind), node.name());
    switch (fault.kind) {
        case FaultKind::none:
        case FaultKind::cut:
            return;
        case FaultKind::stall:
            return link.stall(fault.lasts);
        case FaultKind::silence_both:
            connections_->link_from(1 - fault.node).swallow();
            return link.swallow();
        case FaultKind::silence:
            return link.swallow();
        case FaultKind::drain:
            if (!node.established()) {
                world_.after(100ms, [this, &fault] { strike(fault); });
                return;
            }
            return node.drain();
        case FaultKind::fail:
            return node.fail(wire::Code::internal);
        case FaultKind::fail_inside:
            return node.fail_inside_next_event();
        case FaultKind::lose:
            return node.lose();
        case FaultKind::rogue:
        case FaultKind::ping_flood:
            if (!node.established()) {
                world_.after(100ms, [this, &fault] { strike(fault); });
                return;
            }
            return inject_violation(node, fault.kind == FaultKind::ping_flood ? UINT32_MAX : fault.variant);
    }
}

void Simulation::inject_violation(Node& node, std::uint32_t variant) {
    std::vector<std::uint8_t> bytes;
    auto frame = [&](std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::size_t length) {
        std::size_t at = bytes.size();
        bytes.resize(at + limits::frame_header_bytes + length, 'r');
        wire::encode_header({static_cast<std::uint16_t>(length), static_cast<wire::FrameType>(type), flags, stream},
                            bytes.data() + at);
    };
    if (variant == UINT32_MAX) {
        for (int i = 0; i < 2'000; ++i) {
            frame(static_cast<std::uint8_t>(wire::FrameType::ping), 0, 0, limits::ping_payload_bytes);
        }
        node.inject(std::move(bytes));
        return;
    }
    std::uint32_t wrong_parity = node.settings().role == mux::Role::server ? 1'000'000 : 1'000'001;
    switch (variant % 7) {
        case 0:
            frame(200, 0, 0, 10);  // no such type
            break;
        case 1:
            frame(static_cast<std::uint8_t>(wire::FrameType::data), 0, 1, 0);  // a DATA frame that says nothing
            break;
        case 2:
            frame(static_cast<std::uint8_t>(wire::FrameType::open), 0, wrong_parity, 18);
            break;
        case 3:
            frame(static_cast<std::uint8_t>(wire::FrameType::ping), 0, 0, 7);
            break;
        case 4:
            frame(static_cast<std::uint8_t>(wire::FrameType::control), 0, 0, limits::control_payload_max + 1);
            break;
        case 5:
            frame(static_cast<std::uint8_t>(wire::FrameType::goaway), 0, 5, 6);
            break;
        case 6:
            frame(static_cast<std::uint8_t>(wire::FrameType::credit), 0, 0x7fff'fffd + wrong_parity % 2, 4);
            break;
    }
    node.inject(std::move(bytes));
}

// --- running --------------------------------------------------------------------------------------------------------

Outcome Simulation::run() {
    run_while(&Simulation::streams_run, patience_with_streams, "streams are not over");
    run_while(&Simulation::sessions_settle, patience_with_sessions, "sessions do not settle");
    finish();
    outcome_.violation = world_.failure();
    outcome_.simulated_seconds = world_.seconds();
    for (auto& node : node_) {
        outcome_.payload += node->observer().payload_received();
    }
    for (auto& record : records_) {
        outcome_.ended_by_fin += record->direction[0].fin_received() && record->direction[1].fin_received();
    }
    return outcome_;
}

void Simulation::run_while(bool (Simulation::*going_on)() const, Duration patience, const char* what) {
    TimePoint start = world_.now();
    while (!world_.failure() && (this->*going_on)()) {
        step();
        if (world_.now() - std::max(world_.last_progress(), start) > patience) {
            world_.fail("nothing moves any more: %s", what);
            describe();
        }
    }
}

bool Simulation::streams_run() const {
    return std::any_of(records_.begin(), records_.end(), [](auto& record) { return !record->over(); });
}

// True while the last frames are under way, or while one end does not know yet what a fault did to the trunk.
bool Simulation::sessions_settle() const {
    if (streams_run()) {
        return true;  // an OPEN that was under way has arrived
    }
    if (both_dead()) {
        return false;
    }
    bool empty = node_[0]->session().stats().streams == 0 && node_[1]->session().stats().streams == 0;
    bool one_dead = node_[0]->dead() || node_[1]->dead();
    return one_dead || !empty || !all_idle();
}

bool Simulation::sessions_drain() const {
    bool drained = node_[0]->drained_events() > 0 && node_[1]->drained_events() > 0;
    return !both_dead() && (!drained || !all_idle());
}

bool Simulation::all_idle() const {
    return node_[0]->idle() && node_[1]->idle() && connections_->idle();
}

void Simulation::step() {
    ++outcome_.steps;
    TimePoint event = world_.next_event();
    Node& earlier = node_[0]->deadline() <= node_[1]->deadline() ? *node_[0] : *node_[1];
    TimePoint deadline = std::max(earlier.deadline(), world_.now());
    if (std::min(event, deadline) > world_.now()) {
        ticks_in_place_ = 0;
        if (all_idle()) {
            check_quiet();
        }
    }
    if (event == never && earlier.deadline() == never) {
        world_.fail("nothing will ever happen again");
        describe();
        return;
    }
    if (event <= deadline) {
        world_.run_event();
    } else {
        world_.advance_to(deadline);
        earlier.tick();
        if (++ticks_in_place_ > 100) {
            world_.fail("%s: tick does not move its deadline", earlier.name());
        }
    }
    node_[0]->check_step();
    node_[1]->check_step();
}

void Simulation::check_quiet() {
    for (auto& record : records_) {
        record->half[0].check_quiet();
        record->half[1].check_quiet();
    }
    for (auto& node : node_) {
        if (!node->trunk_over()) {
            node->check_statistics();
        }
    }
}

// Drains the sessions that have lived so far; then the trunk ends, and nothing may be left.
void Simulation::finish() {
    if (world_.failure()) {
        return;
    }
    if (!both_dead()) {
        outcome_.survived = true;
        for (auto& node : node_) {
            if (!node->trunk_over() && node->established()) {
                node->drain();
            }
        }
        run_while(&Simulation::sessions_drain, patience_with_sessions, "sessions do not drain");
    }
    bool lived = !node_[0]->trunk_over() && !node_[1]->trunk_over();
    outcome_.resumed = node_[1]->session().stats().resumed;
    node_[0]->end();
    node_[1]->end();
    for (std::uint32_t i = 0; i < 2 && !world_.failure(); ++i) {
        node_[i]->check_step();
        node_[i]->check_nothing_left(lived);
    }
}

void Simulation::describe() {
    if (!world_.verbose()) {
        return;
    }
    for (auto& node : node_) {
        world_.trace("%s: %s, %u streams, %s", node->name(), node->trunk_over() ? "over" : "alive",
                     node->session().stats().streams, node->idle() ? "idle" : "not idle");
    }
    for (auto& record : records_) {
        record->half[0].describe();
        record->half[1].describe();
    }
}

}  // namespace ferrotunnel::simulation
