#include "simulation/node.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "simulation/half.hpp"

namespace ferrotunnel::simulation {
namespace {

using namespace std::chrono_literals;

bool is_server(const NodePlan& plan) {
    return plan.settings.role == mux::Role::server;
}

}  // namespace

class Node::NodeWaker final : public buffer::Waker {
public:
    explicit NodeWaker(Node* node) : node_(node) {}
    void wake() noexcept override {
        if (node_ != nullptr && !node_->dead_) {
            node_->plan_pump(node_->plan_.pump_delay);
        }
    }
    void forget() noexcept { node_ = nullptr; }

private:
    Node* node_;
};

Node::Node(World& world, const char* name, const NodePlan& plan, const NodePlan& peer_plan)
    : world_(world),
      name_(name),
      plan_(plan),
      peer_plan_(peer_plan),
      observer_(world, name, is_server(plan), plan.settings.window_max),
      waker_(make_intrusive<NodeWaker>(this)),
      session_(std::make_unique<mux::Session>(plan.settings, *this, waker_, pool_, world.random(), world.now())),
      batch_(pool_) {}

Node::~Node() {
    waker_->forget();
}

void Node::connect(std::uint32_t connection, Link& out) {
    connection_ = connection;
    out_ = &out;
}

bool Node::trunk_over() const noexcept {
    return dead_ || session_->failure().has_value() || session_->state() == mux::SessionState::closed;
}

// --- bytes and time -------------------------------------------------------------------------------------------------

void Node::bytes_arrived(Bytes bytes) {
    if (dead_) {
        return;
    }
    observer_.received(bytes);
    buffer::SlabPool::Scope scope(pool_);
    int reads = 0;
    while (!bytes.empty()) {
        if (!read_slab_ || plan_.slab_per_read || read_used_ == read_slab_->capacity()) {
            read_slab_.reset();
            read_slab_ = pool_.acquire(session_->ledger().get());
            read_used_ = 0;
        } else if (read_slab_->unique()) {
            read_used_ = 0;
        }
        std::size_t n = std::min<std::size_t>(bytes.size(), read_slab_->capacity() - read_used_);
        if (plan_.several_reads) {
            n = std::max<std::size_t>(n / 3, 1);
        }
        std::memcpy(read_slab_->data() + read_used_, bytes.data(), n);
        buffer::Slice slice(read_slab_, read_used_, static_cast<std::uint32_t>(n));
        read_used_ += static_cast<std::uint32_t>(n);
        bytes = bytes.subspan(n);
        session_->take(slice, world_.now());
        if (!plan_.several_reads || ++reads % 4 == 0 || bytes.empty()) {
            session_->settle();
        }
    }
    // Between reads the driver keeps a slab only if somebody else needs it too.
    if (read_slab_->unique()) {
        read_slab_.reset();
    }
    follow_up();
}

void Node::tick() {
    buffer::SlabPool::Scope scope(pool_);
    if (session_->is_detached() && world_.now() >= session_->resumable_until()) {
        world_.trace("%s: it is too late to resume", name_);
        close_trunk();
        return;
    }
    session_->tick(world_.now());
    follow_up();
}

TimePoint Node::deadline() const noexcept {
    return dead_ ? never : session_->next_deadline();
}

void Node::room_on_link() {
    if (!dead_) {
        plan_pump(Duration::zero());
    }
}

// As the real driver: a peer whose machine closes the connection is gone, but for the side that dials something in
// between may have done that.
void Node::peer_closed() {
    world_.trace("%s: the peer has closed the trunk", name_);
    if (!is_server(plan_) && !session_->peer_drains()) {
        connection_broke();
    } else {
        close_trunk();
    }
}

void Node::connection_broke() {
    if (dead_) {
        return;
    }
    world_.trace("%s: the connection broke", name_);
    if (session_->is_resumable()) {
        detach();
    } else {
        close_trunk();
    }
}

void Node::on_silent() {
    world_.trace("%s: nothing is heard", name_);
    detach();
}

void Node::detach() {
    if (session_->is_detached()) {
        return;
    }
    batch_.clear();
    read_slab_.reset();
    session_->detach();
    world_.progress();
    on_detached();
}

void Node::reattach(std::uint32_t connection, Link& out, std::uint64_t peer_received, Bytes login) {
    buffer::SlabPool::Scope scope(pool_);
    if (!session_->can_reattach(peer_received)) {
        world_.fail("%s: the peer says that it has %llu bytes, which cannot be", name_,
                    static_cast<unsigned long long>(peer_received));
        return;
    }
    world_.trace("%s: continues, connection %u; the peer has %llu", name_, connection,
                 static_cast<unsigned long long>(peer_received));
    world_.progress();
    connect(connection, out);
    session_->reattach(peer_received, login, world_.now());
    follow_up();
}

// Called after each of the driver's own calls into the session: is there something to send, has the session failed?
void Node::follow_up() {
    if (dead_) {
        return;
    }
    if (session_->failure() && !failure_seen_) {
        failure_seen_ = true;
        world_.progress();
        world_.trace("%s: failed, %s: %s", name_, wire::name_of(session_->failure()->code).data(),
                     session_->failure()->text.c_str());
        // Plans of sessions that can be resumed have no frames that are made by hand.
        const wire::Code code = session_->failure()->code;
        if (plan_.settings.resume > Duration::zero() &&
            (code == wire::Code::protocol || code == wire::Code::flow_control)) {
            world_.fail("%s: a frame is taken for a violation: %s", name_, session_->failure()->text.c_str());
        }
        plan_pump(Duration::zero());
        // The frame that explains the failure may not be deliverable.
        world_.after(2s, [this] { close_trunk(); });
    }
    if (session_->has_output()) {
        plan_pump(plan_.pump_delay);
    }
}

void Node::close_trunk() {
    if (dead_) {
        return;
    }
    world_.progress();
    buffer::SlabPool::Scope scope(pool_);
    dead_ = true;
    batch_.clear();
    read_slab_.reset();
    const bool had_connection = !session_->is_detached();
    session_->lose();
    session_->lose();  // idempotent
    if (had_connection) {
        out_->close();
    } else {
        on_given_up();
    }
}

void Node::plan_pump(Duration delay) {
    if (!pump_planned_) {
        pump_planned_ = true;
        world_.after(delay == Duration::zero() ? delay : world_.between(Duration::zero(), delay), [this] { pump(); });
    }
}

void Node::pump() {
    pump_planned_ = false;
    if (dead_) {
        return;
    }
    buffer::SlabPool::Scope scope(pool_);
    if (session_->is_detached()) {
        if (session_->failure()) {
            close_trunk();
        } else if (session_->produce(batch_, world_.now()) || session_->has_output()) {
            world_.fail("%s: a session without a connection has something to send", name_);
        }
        return;
    }
    while (write_batch() && write_injected()) {
        const bool again = session_->is_retransmitting();
        if (!session_->produce(batch_, world_.now())) {
            if (!batch_.empty()) {
                world_.fail("%s: produce says there is nothing, and fills the batch", name_);
            }
            if (session_->has_output() && !pump_planned_) {
                world_.fail("%s: produce found nothing although has_output says there is", name_);
            }
            break;
        }
        if (batch_.empty()) {
            world_.fail("%s: produce says there is something, and the batch is empty", name_);
            break;
        }
        if (batch_.bytes() > limits::batch_bytes_max + 2 * 16'384 + 65'536) {
            world_.fail("%s: a batch of %zu bytes", name_, batch_.bytes());
        }
        for (Bytes piece : batch_.pieces()) {
            if (!again) {
                observer_.sent(piece);
            }
        }
        watch_fairness();
    }
    if (session_->failure() && batch_.empty()) {
        close_trunk();
    }
}

// True when nothing is left of the batch.
bool Node::write_batch() {
    while (!batch_.empty()) {
        std::size_t n = std::min(out_->room(), batch_.pieces().front().size());
        if (n == 0) {
            return false;
        }
        out_->write(batch_.pieces().front().first(n));
        batch_.advance(n);
        session_->written(n, world_.now());
    }
    batch_.clear();
    return true;
}

bool Node::write_injected() {
    while (!injected_.empty()) {
        std::size_t n = std::min(out_->room(), injected_.size());
        if (n == 0) {
            return false;
        }
        out_->write(Bytes(injected_).first(n));
        injected_.erase(injected_.begin(), injected_.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return true;
}

void Node::watch_fairness() {
    std::uint32_t senders = 0;
    for (Half* half : halves) {
        senders += half->waiting_bytes() > 0 ? 1 : 0;
    }
    for (Half* half : halves) {
        half->watch_fairness(senders);
    }
}

// --- actions --------------------------------------------------------------------------------------------------------

std::string Node::control_text(std::uint32_t number) const {
    std::string text = std::string(name_) + " says " + std::to_string(number);
    text.resize(text.size() + number * 977 % (number == 0 ? 1 : 16'000), 'x');
    return text;
}

void Node::greet() {
    session_->send_control(as_bytes(control_text(0)));
    follow_up();
}

// The handshake is the driver's, and so is its deadline.
void Node::expect_greeting() {
    world_.after(limits::handshake_deadline, [this] {
        if (!established_) {
            close_trunk();
        }
    });
}

void Node::establish() {
    mux::PeerLimits peer;
    peer.first_window = peer_plan_.settings.first_window;
    peer.streams_max = peer_plan_.settings.streams_max;
    peer.opens_max = peer_plan_.settings.opens_max;
    if (plan_.settings.resume > Duration::zero()) {
        session_->begin_resumable(plan_.settings.resume + (is_server(plan_) ? limits::resume_server_waits : 0s));
    }
    session_->establish(peer);
    established_ = true;
}

void Node::send_control_messages() {
    for (std::uint32_t i = 0; i < plan_.control_messages; ++i) {
        world_.after(world_.between(0s, 30s), [this] {
            if (established_ && !trunk_over()) {
                session_->send_control(as_bytes(control_text(++controls_sent_)));
                follow_up();
            }
        });
    }
}

Result<IntrusivePtr<mux::Stream>, wire::Code> Node::open(const mux::Session::OpenRequest& request,
                                                         IntrusivePtr<buffer::Waker> waker, bool foreign) {
    auto result = session_->open(request, std::move(waker), foreign, world_.now());
    follow_up();
    return result;
}

void Node::drain() {
    world_.trace("%s drains", name_);
    draining_ = true;
    session_->drain(wire::Code::going_away, "enough", world_.now());
    follow_up();
}

void Node::fail(wire::Code code) {
    world_.trace("%s fails its session", name_);
    buffer::SlabPool::Scope scope(pool_);
    session_->fail(code, "planned");
    follow_up();
}

void Node::lose() {
    world_.trace("%s is told that its trunk is lost", name_);
    close_trunk();
}

void Node::inject(std::vector<std::uint8_t> bytes) {
    observer_.stop_checking();
    peer_->observer_.stop_checking();
    injected_ = std::move(bytes);
    plan_pump(Duration::zero());
}

// --- events ---------------------------------------------------------------------------------------------------------

void Node::fail_if_planned() {
    if (std::exchange(fail_inside_, false)) {
        world_.trace("%s fails its session inside an event", name_);
        session_->fail(wire::Code::internal, "planned, inside an event");
    }
}

void Node::on_control(Bytes message) {
    if (peer_->control_text(controls_received_) != as_text(message)) {
        world_.fail("%s: control message %u is not what was sent", name_, controls_received_);
    }
    if (controls_received_++ != 0) {
        fail_if_planned();
        return;
    }
    if (is_server(plan_)) {
        session_->send_control(as_bytes(control_text(0)));
    }
    establish();
}

void Node::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    on_stream(std::move(stream), open);
    fail_if_planned();
}

void Node::on_goaway(wire::Code code, std::string_view) {
    world_.trace("%s: the peer drains (%s)", name_, wire::name_of(code).data());
    if (++goaways_ > 2) {
        world_.fail("%s: on_goaway came %u times", name_, goaways_);
    }
    fail_if_planned();
}

void Node::on_drained() {
    world_.trace("%s: drained", name_);
    if (++drained_events_ > 1) {
        world_.fail("%s: on_drained came twice", name_);
    }
    if (session_->stats().streams != 0) {
        world_.fail("%s: drained with %u streams", name_, session_->stats().streams);
    }
}

void Node::on_rotate_due() {
    if (++rotate_events_ > 1) {
        world_.fail("%s: on_rotate_due came twice", name_);
    }
}

void Node::on_stall(const mux::Stall& stall) {
    world_.fail("%s: stream %u stood still: %s", name_, stall.stream, mux::name_of(stall.why));
}

// --- checks ---------------------------------------------------------------------------------------------------------

void Node::check_step() {
    session_->check_invariants();
    if (dead_) {
        return;
    }
    if (idle() && session_->has_output()) {
        world_.fail("%s: there is output, and the driver was not woken", name_);
    }
    mux::SessionStats stats = session_->stats();
    watch_memory(stats.bytes_held);
    watch_credit(stats);
}

// Checks that new credit is given within the budget alone. Credit given before may exceed the budget later, when
// streams that were left out of it move again.
void Node::watch_credit(const mux::SessionStats& stats) {
    const std::uint64_t before = std::exchange(credit_before_, stats.credit_committed);
    if (stats.credit_committed > before && stats.credit_committed > plan_.settings.budget + stats.set_aside) {
        world_.fail("%s: %llu bytes of credit committed, the budget is %llu, with %llu that do not move", name_,
                    static_cast<unsigned long long>(stats.credit_committed),
                    static_cast<unsigned long long>(plan_.settings.budget),
                    static_cast<unsigned long long>(stats.set_aside));
    }
}

// Beyond the hard cap a stream whose endpoint takes nothing is reset every quarter of a second, the largest first.
void Node::watch_memory(std::uint64_t held) {
    if (held <= plan_.settings.memory_hard) {
        over_memory_since_.reset();
        return;
    }
    if (!over_memory_since_) {
        over_memory_since_ = world_.now();
    }
    if (world_.now() - *over_memory_since_ < 45s) {
        return;
    }
    for (Half* half : halves) {
        if (half->holds_without_taking(45s)) {
            world_.fail("%s: %llu bytes are held for 45 s, and stream %u, which takes nothing, lives", name_,
                        static_cast<unsigned long long>(held), half->id());
        }
    }
}

void Node::check_statistics() {
    mux::SessionStats stats = session_->stats();
    auto same = [&](const char* what, std::uint64_t said, std::uint64_t seen) {
        if (said != seen) {
            world_.fail("%s: statistics say %llu %s, the wire saw %llu", name_, static_cast<unsigned long long>(said),
                        what, static_cast<unsigned long long>(seen));
        }
    };
    same("frames sent", stats.frames_sent, observer_.frames_sent());
    if (observer_.checking()) {
        same("bytes of payload sent", stats.payload_sent, observer_.payload_sent() + observer_.datagram_bytes_sent());
    }
    if (observer_.checking() && observer_.between_received_frames()) {
        same("frames received", stats.frames_received, observer_.frames_received());
        same("credit committed", stats.credit_committed, observer_.credit_committed(plan_.settings.first_window));
    }
}

void Node::check_nothing_left(bool lived) {
    buffer::SlabPool::Scope scope(pool_);
    mux::SessionStats stats = session_->stats();
    if (stats.streams != 0) {
        world_.fail("%s: %u streams are left", name_, stats.streams);
    }
    if (stats.credit_committed != 0) {
        world_.fail("%s: %llu bytes of credit stay committed", name_,
                    static_cast<unsigned long long>(stats.credit_committed));
    }
    if (observer_.checking() && lived && peer_->controls_received_ != controls_sent_ + 1) {
        world_.fail("%s: %u control messages were sent, and %u arrived", name_, controls_sent_ + 1,
                    peer_->controls_received_);
    }
    if (pool_.in_use() != 0) {
        world_.fail("%s: %zu slabs are still in use", name_, pool_.in_use());
    }
    if (stats.bytes_held != 0) {
        world_.fail("%s: %llu bytes are still held", name_, static_cast<unsigned long long>(stats.bytes_held));
    }
}

}  // namespace ferrotunnel::simulation
