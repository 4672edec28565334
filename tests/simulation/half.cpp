#include "simulation/half.hpp"

#include <algorithm>

#include "simulation/node.hpp"

namespace ferrotunnel::simulation {

class Half::HalfWaker final : public buffer::Waker {
public:
    explicit HalfWaker(Half* half) : half_(half) {}
    void wake() noexcept override {
        if (half_ != nullptr) {
            half_->woken();
        }
    }
    void forget() noexcept { half_ = nullptr; }

private:
    Half* half_;
};

Half::Half(World& world, Node& node, StreamRecord& record, std::uint32_t role)
    : world_(world),
      node_(node),
      record_(record),
      role_(role),
      plan_(record.plan.half[role]),
      outgoing_(record.direction[role]),
      incoming_(record.direction[1 - role]),
      waker_(make_intrusive<HalfWaker>(this)) {}

Half::~Half() {
    waker_->forget();
}

IntrusivePtr<buffer::Waker> Half::waker() const {
    return waker_;
}

// --- life -----------------------------------------------------------------------------------------------------------

void Half::begin(IntrusivePtr<mux::Stream> stream) {
    stream_ = std::move(stream);
    id_ = stream_->id();
    begun_ = true;
    taken_at_ = world_.now();
    world_.progress();
    if (role_ == 1) {
        stream_->attach(waker_, plan_.foreign);
        if (plan_.direct && plan_.answer_delay == Duration::zero()) {
            answer();  // inside on_open
        } else {
            world_.after(plan_.answer_delay, [this] { answer(); });
        }
        return;
    }
    started_ = true;
    send_again_at_ = world_.now() + plan_.start_delay;
    plan_run(Duration::zero());
    plan_run(plan_.start_delay);
}

void Half::answer() {
    if (over_) {
        return;
    }
    switch (plan_.answer) {
        case HalfPlan::Answer::accept:
            stream_->accept();
            started_ = true;
            send_again_at_ = world_.now() + plan_.start_delay;
            world_.after(plan_.start_delay, [this] { run(); });
            run();
            return;
        case HalfPlan::Answer::refuse_reset:
            return reset(plan_.code);
        case HalfPlan::Answer::refuse_abort:
            return abort(plan_.code);
        case HalfPlan::Answer::never:
            // A backend that hangs is given up by its own side's limits, long after those of the opener.
            world_.after(std::chrono::seconds(90), [this] {
                if (!over_) {
                    abort(wire::Code::timeout);
                }
            });
            return;
    }
}

void Half::woken() noexcept {
    receive_parked_ = false;
    send_parked_ = false;
    if (over_) {
        return;
    }
    if (plan_.direct) {
        run();
    } else if (!run_planned_) {
        run_planned_ = true;
        plan_run(plan_.wake_delay == Duration::zero() ? plan_.wake_delay
                                                      : world_.between(Duration::zero(), plan_.wake_delay));
    }
}

void Half::plan_run(Duration delay) {
    world_.after(delay, [this] { run(); });
}

void Half::run() {
    if (over_) {
        return;
    }
    if (running_) {
        run_again_ = true;
        return;
    }
    run_planned_ = false;
    running_ = true;
    {
        std::optional<buffer::SlabPool::Scope> scope;
        if (!plan_.foreign) {
            scope.emplace(node_.pool());
        }
        do {
            run_again_ = false;
            step();
        } while (run_again_ && !over_);
    }
    running_ = false;
}

void Half::step() {
    if (mux::StreamEnd stream_end = stream_->stream_end()) {
        return on_verdict(stream_end);
    }
    if (!started_) {
        return;
    }
    receive();
    if (!over_) {
        send();
    }
    if (!over_ && send_over_ && incoming_.settled()) {
        end("both directions are over");
    }
}

void Half::end(const char* how) {
    world_.trace("stream #%u.%u is over: %s", record_.index, role_, how);
    world_.progress();
    over_ = true;
    stream_.reset();
    slab_.reset();
}

void Half::reset(wire::Code code) {
    outgoing_.reset(code);
    incoming_.give_up();
    node_.observer().ignore_consumption(id_);
    stream_->reset(code);
    // An endpoint that takes nothing any more has to say so: a peer that resets as well would else wait for credit
    // for ever.
    stream_->stop_receiving();
    end("reset here");
}

void Half::abort(wire::Code code) {
    aborted_ = code;
    incoming_.give_up();
    node_.observer().ignore_consumption(id_);
    stream_->abort(code);
    end("aborted here");
}

void Half::on_verdict(mux::StreamEnd stream_end) {
    const Half& other = record_.half[1 - role_];
    const Plan& plan = record_.whole_plan;
    node_.observer().ignore_consumption(id_);
    if (stream_end.kind == mux::StreamEnd::Kind::lost) {
        if (!node_.trunk_over()) {
            world_.fail("stream #%u.%u is lost, but its session lives", record_.index, role_);
        }
        return end("lost");
    }
    bool waited = world_.now() - record_.opened_at >= node_.settings().open_deadline;
    // A reset of a direction that has already ended by FIN has no data left to follow.
    bool reset_after_end = record_.direction[1 - role_].reset_code() == stream_end.code && incoming_.settled();
    bool justified = other.aborted() == stream_end.code || reset_after_end ||
                     (stream_end.code == wire::Code::timeout && waited) ||
                     (stream_end.code == wire::Code::too_slow && plan.memory_is_short) ||
                     (stream_end.code == wire::Code::busy && plan.opens_are_limited) ||
                     (stream_end.code == wire::Code::going_away && node_.draining());
    if (!justified) {
        world_.fail("stream #%u.%u was aborted (%s) and nobody did it", record_.index, role_,
                    wire::name_of(stream_end.code).data());
    }
    end("aborted there");
}

// --- receiving ------------------------------------------------------------------------------------------------------

void Half::receive() {
    taken_in_turn_ = 0;
    while (!over_ && !receive_parked_ && !receive_stopped_ && world_.now() >= take_again_at_) {
        if (stream_->front() != nullptr) {
            if (!take_front()) {
                return;
            }
        } else if (stream_->try_park_receive()) {
            receive_parked_ = true;
        }
    }
}

// False when the turn is over.
bool Half::take_front() {
    mux::StreamItem& item = *stream_->front();
    switch (item.kind) {
        case mux::StreamItem::Kind::data:
            take_data(item);
            return true;
        case mux::StreamItem::Kind::datagram:
            incoming_.receive_datagram(item.slice.bytes());
            stream_->drop_front();
            return true;
        case mux::StreamItem::Kind::fin:
            incoming_.receive_fin();
            stream_->drop_front();
            return !send_over_;
        case mux::StreamItem::Kind::reset: {
            incoming_.receive_reset(item.code);
            std::uint64_t expected = outgoing_.received();
            if (stream_->peer_delivered() != expected) {
                world_.fail("stream #%u.%u: the reset says %llu bytes were delivered, it were %llu", record_.index,
                            role_, static_cast<unsigned long long>(stream_->peer_delivered()),
                            static_cast<unsigned long long>(expected));
            }
            stream_->drop_front();
            outgoing_.give_up();
            end("reset there");
            return false;
        }
    }
    return false;
}

void Half::take_data(mux::StreamItem& item) {
    std::uint32_t n = item.slice.size();
    if (plan_.partial && n > 1 && world_.random().chance(50)) {
        n = static_cast<std::uint32_t>(world_.random().between(1, n));
    }
    if (plan_.take_max != 0) {
        n = std::min(n, plan_.take_max - taken_in_turn_);
    }
    incoming_.receive(item.slice.bytes().first(n));
    node_.observer().consumed(id_, incoming_.received());
    stream_->count_delivered(n);
    if (n == item.slice.size() && world_.random().chance(10)) {
        stream_->drop_front();
    } else {
        stream_->consume(n);
    }
    after_taking(n);
}

void Half::after_taking(std::uint32_t n) {
    taken_at_ = world_.now();
    std::uint64_t now_received = incoming_.received();
    auto passed = [&](std::uint64_t mark) { return now_received >= mark && now_received - n < mark; };
    if (passed(plan_.end_at_received)) {
        return plan_.end_at_received_aborts ? abort(plan_.code) : reset(plan_.code);
    }
    if (passed(plan_.stop_receiving_at)) {
        stream_->stop_receiving();
        receive_stopped_ = true;
        incoming_.give_up();
        node_.observer().ignore_consumption(id_);
        return;
    }
    taken_in_turn_ += n;
    Duration pause = Duration::zero();
    if (passed(plan_.stall_at)) {
        world_.trace("stream #%u.%u stops reading for a while", record_.index, role_);
        pause = plan_.stall_for;
    } else if (plan_.take_max != 0 && taken_in_turn_ >= plan_.take_max) {
        pause = plan_.take_pause;
    } else {
        return;
    }
    taken_in_turn_ = 0;
    take_again_at_ = world_.now() + pause;
    plan_run(pause);
}

// --- sending --------------------------------------------------------------------------------------------------------

void Half::send() {
    if (plan_.answer_after_fin && role_ == 1 && !incoming_.settled()) {
        return;
    }
    sent_in_turn_ = 0;
    bool more = true;
    while (more && !over_ && !send_over_ && !send_parked_ && world_.now() >= send_again_at_) {
        if (stream_->send_is_dead()) {
            send_over_ = true;
        } else if (plan_.datagrams != 0) {
            more = send_datagram();
        } else {
            more = send_piece();
        }
    }
    if (unflushed_ && !over_) {
        unflushed_ = false;
        stream_->flush();
    }
}

// False when the turn is over.
bool Half::send_piece() {
    if (outgoing_.sent() == plan_.send_bytes) {
        end_sending();
        return false;
    }
    if (!stream_->can_send()) {
        if (unflushed_) {
            unflushed_ = false;
            stream_->flush();
        }
        if (stream_->can_send() || stream_->send_is_dead()) {
            return true;
        }
        send_parked_ = stream_->try_park_send();
        return true;
    }
    std::uint64_t left = plan_.send_bytes - outgoing_.sent();
    std::uint64_t most = std::min<std::uint64_t>(left, plan_.chunk_max);
    auto size = static_cast<std::uint32_t>(world_.random().chance(70) ? most : world_.random().between(1, most));
    bool headroom = plan_.headroom;
    buffer::Slice chunk = make_chunk(size, headroom);
    stream_->send(std::move(chunk), headroom);
    unflushed_ = !plan_.flush_each;
    if (plan_.flush_each) {
        stream_->flush();
    }
    sent_in_turn_ += size;
    if (plan_.burst_bytes != 0 && sent_in_turn_ >= plan_.burst_bytes) {
        send_again_at_ = world_.now() + plan_.send_pause;
        plan_run(plan_.send_pause);
        return false;
    }
    return true;
}

// Several chunks share a slab, as when a pump reads several windows into one slab. With headroom, each chunk has the
// place for its frame header in front of it.
buffer::Slice Half::make_chunk(std::uint32_t size, bool& headroom) {
    if (!headroom && size < 2'000) {
        buffer::SlabPtr own = buffer::make_slab(size);
        outgoing_.send({own->data(), size});
        return {std::move(own), 0, size};
    }
    std::uint32_t before = headroom ? limits::frame_header_bytes : 0;
    if (!slab_ || slab_used_ + before + size > slab_->capacity()) {
        slab_ = node_.pool().acquire();
        slab_used_ = 0;
    }
    std::uint32_t offset = slab_used_ + before;
    outgoing_.send({slab_->data() + offset, size});
    slab_used_ = offset + size;
    buffer::Slice chunk(slab_, offset, size);
    if (slab_used_ + before + size > slab_->capacity() || world_.random().chance(20)) {
        slab_.reset();
    }
    return chunk;
}

bool Half::send_datagram() {
    if (datagrams_sent_ == plan_.datagrams) {
        end_sending();
        return false;
    }
    std::uint64_t most = world_.random().chance(3) ? limits::datagram_payload_max : 1'500;
    auto size = static_cast<std::uint32_t>(world_.random().between(4, most));
    buffer::SlabPtr own = buffer::make_slab(size);
    outgoing_.send_datagram({own->data(), size});
    auto stamp = std::chrono::duration_cast<std::chrono::milliseconds>(world_.now().time_since_epoch()).count();
    stream_->send_datagram({std::move(own), 0, size}, static_cast<std::uint32_t>(stamp));
    unflushed_ = true;
    ++datagrams_sent_;
    if (plan_.send_pause == Duration::zero()) {
        return true;
    }
    send_again_at_ = world_.now() + plan_.send_pause;
    plan_run(plan_.send_pause);
    return false;
}

void Half::end_sending() {
    slab_.reset();
    if (!lingered_ && plan_.linger != Duration::zero()) {
        lingered_ = true;
        send_again_at_ = world_.now() + plan_.linger;
        plan_run(plan_.linger);
        return;
    }
    switch (plan_.end) {
        case HalfPlan::End::finish:
            send_over_ = true;
            outgoing_.finish();
            stream_->finish();
            return;
        case HalfPlan::End::reset:
            return reset(plan_.code);
        case HalfPlan::End::abort:
            return abort(plan_.code);
    }
}

// --- being watched --------------------------------------------------------------------------------------------------

std::uint32_t Half::waiting_bytes() const noexcept {
    return !over_ && started_ && !unflushed_ && plan_.datagrams == 0 ? stream_->queued_bytes() : 0;
}

// Whether there is data that the session knows of, and credit for a whole frame of it.
bool Half::can_be_served() const {
    if (!node_.observer().checking()) {
        return false;
    }
    std::uint32_t queued = waiting_bytes();
    const StreamModel* model = node_.observer().find(id_);
    if (queued == 0 || model == nullptr || model->sending_over()) {
        return false;
    }
    std::uint32_t frame = std::min<std::uint32_t>(queued, limits::data_payload_max) + limits::data_frame_cost;
    return model->credit >= static_cast<std::int64_t>(frame);
}

void Half::watch_fairness(std::uint32_t senders) {
    if (!can_be_served()) {
        was_waiting_ = false;
        return;
    }
    std::uint64_t total = node_.observer().payload_sent();
    if (!was_waiting_ || node_.observer().find(id_)->last_data_at > waiting_since_) {
        was_waiting_ = true;
        waiting_since_ = total;
        return;
    }
    std::uint64_t fair = (senders + 4ULL) * 2 * limits::quantum_max + 2 * limits::batch_bytes_max;
    if (total - waiting_since_ > fair) {
        world_.fail("stream #%u.%u starves: others have sent %llu bytes since", record_.index, role_,
                    static_cast<unsigned long long>(total - waiting_since_));
    }
}

bool Half::holds_without_taking(Duration time) const {
    const StreamModel* model = node_.observer().find(id_);
    return begun_ && !over_ && model != nullptr && !model->consumption_unseen &&
           model->payload_received > incoming_.received() && world_.now() - taken_at_ >= time;
}

// Checks that an endpoint that has taken everything has left the peer at least half of the first window.
void Half::check_credit() {
    const StreamModel* model = node_.observer().find(id_);
    if (model == nullptr || !node_.observer().checking() || model->consumption_unseen || model->receiving_over() ||
        model->payload_received != incoming_.received() || run_planned_) {
        return;
    }
    if (model->outstanding() < model->granted_first / 2) {
        world_.fail("stream #%u.%u has taken everything and left the peer a credit of %llu; it began with %llu",
                    record_.index, role_, static_cast<unsigned long long>(model->outstanding()),
                    static_cast<unsigned long long>(model->granted_first));
    }
}

void Half::check_quiet() {
    if (over_ || !begun_ || run_planned_ || node_.trunk_over()) {
        return;
    }
    if (stream_->stream_end()) {
        world_.fail("stream #%u.%u was not woken for its verdict", record_.index, role_);
    } else if (receive_parked_ && stream_->front() != nullptr) {
        world_.fail("stream #%u.%u was not woken for what it received", record_.index, role_);
    } else if (send_parked_ && (stream_->can_send() && stream_->queued_bytes() == 0)) {
        world_.fail("stream #%u.%u was not woken for room to send", record_.index, role_);
    } else if (send_parked_ && stream_->send_is_dead()) {
        world_.fail("stream #%u.%u was not woken for the end of its sending", record_.index, role_);
    } else if (can_be_served()) {
        world_.fail("stream #%u.%u has data and credit, and the session sleeps", record_.index, role_);
    }
    check_credit();
}

void Half::describe() const {
    if (!begun_ || over_) {
        return;
    }
    const StreamModel* model = node_.observer().find(id_);
    world_.trace(
        "#%u.%u on %s, id %u: sent %llu of %llu (queued %u, credit %lld, parked %d, over %d), received %llu of %llu "
        "(parked "
        "%d), started %d",
        record_.index, role_, node_.name(), id_, static_cast<unsigned long long>(outgoing_.sent()),
        static_cast<unsigned long long>(plan_.send_bytes), stream_->queued_bytes(),
        model == nullptr ? -1 : static_cast<long long>(model->credit), send_parked_, send_over_,
        static_cast<unsigned long long>(incoming_.received()), static_cast<unsigned long long>(incoming_.sent()),
        receive_parked_, started_);
}

}  // namespace ferrotunnel::simulation
