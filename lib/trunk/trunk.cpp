#include "trunk/trunk.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ferrotunnel::trunk {

using mux::SessionState;
using runtime::IoResult;
using runtime::IoStatus;
using wire::Code;

namespace {

// How often one trunk may read or write before other sockets of the worker get their turn.
constexpr int reads_per_turn = 4;
constexpr int writes_per_turn = 2;
// How much the kernel may hold unsent: those bytes stay ahead of anything more urgent that follows.
constexpr std::uint32_t unsent_max = 32_KiB;
// A slab with less room left than this is replaced by another.
constexpr std::uint32_t worth_reading = 16_KiB;
constexpr auto linger = std::chrono::seconds(2);

}  // namespace

// The waker by which streams on any thread request a flush. Outlives the trunk as long as a stream is held.
class Trunk::DriverWaker final : public buffer::Waker {
public:
    DriverWaker(runtime::Worker& worker, Trunk* trunk) : worker_(&worker), mailbox_(worker.mailbox()), trunk_(trunk) {}

    void wake() noexcept override {
        if (runtime::Worker::current() == worker_) {
            ring();
        } else {
            (void)mail_->post(*mailbox_, *this);
        }
    }
    void woken() noexcept { ring(); }
    void forget() noexcept { trunk_ = nullptr; }

private:
    void ring() noexcept {
        if (trunk_ != nullptr) {
            trunk_->worker_.defer(*trunk_);
        }
    }

    runtime::Worker* worker_;
    std::shared_ptr<buffer::Mailbox> mailbox_;
    Trunk* trunk_;  // for the worker's thread only
    const IntrusivePtr<buffer::WakeMail<DriverWaker>> mail_ = make_intrusive<buffer::WakeMail<DriverWaker>>();
};

Trunk::Trunk(runtime::Worker& worker, std::unique_ptr<transport::Pipe> pipe, const mux::Settings& settings,
             Random& random, Duration handshake_deadline, TrunkEvents& events)
    : worker_(worker),
      pipe_(std::move(pipe)),
      events_(events),
      driver_waker_(make_intrusive<DriverWaker>(worker, this)),
      session_(settings, *this, driver_waker_, worker.slabs(), random, worker.now()),
      batch_(worker.slabs()),
      timer_(worker, [this] { guarded(&Trunk::on_timer); }),
      handshake_until_(worker.now() + handshake_deadline) {
    check_here(worker_);
}

Trunk::~Trunk() {
    abandon();
    driver_waker_->forget();
}

void Trunk::start() {
    check_here(worker_);
    (void)runtime::set_no_delay(pipe_->fd());
    (void)runtime::set_unsent_low_water(pipe_->fd(), unsent_max);
    try {
        worker_.poller().add(pipe_->fd(), *this);
    } catch (const std::exception& problem) {
        state_ = State::closed;
        end_ = {Code::internal, problem.what(), false, false};
        session_.lose();
        events_.on_trunk_end(end_);
        return;
    }
    set_timer();
}

void Trunk::login_done(const mux::PeerLimits& peer) {
    check_here(worker_);
    logged_in_ = true;
    session_.establish(peer);
    session_changed();
}

void Trunk::end(Code code, std::string_view text) {
    check_here(worker_);
    session_.fail(code, text);
    worker_.defer(*this);
}

void Trunk::session_changed() {
    check_here(worker_);
    worker_.defer(*this);
}

// --- events ---

// Runs a step, during which the owner may release the trunk. A bug ends this trunk, not the process.
void Trunk::guarded(void (Trunk::*step)()) noexcept {
    IntrusivePtr<Trunk> keep(this);
    if (state_ == State::closed) {
        return;
    }
    try {
        (this->*step)();
    } catch (const std::exception& problem) {
        close({Code::internal, problem.what(), false, state_ != State::handshaking});
    }
    if (account_) {
        account_->update();
    }
}

void Trunk::on_events(std::uint32_t events) noexcept {
    readiness_.add(events);
    guarded(&Trunk::work);
}

void Trunk::run_deferred() noexcept {
    guarded(&Trunk::write_some);
}

void Trunk::work() {
    if (state_ == State::handshaking) {
        step_handshake();
    }
    if (state_ == State::running) {
        read_some();
    }
    if (state_ == State::closing) {
        if (readiness_.is_writable() && pipe_->has_pending()) {
            readiness_.set_writable(pipe_->flush() == IoStatus::ok);
        }
        discard_input();
    }
    if (state_ != State::closed) {
        worker_.defer(*this);
    }
}

void Trunk::on_timer() {
    TimePoint now = worker_.now();
    if (!logged_in_ && now >= handshake_until_) {
        if (state_ == State::handshaking) {
            close({Code::handshake_timeout, "the peer did not finish the TLS handshake in time", false, false});
            return;
        }
        constexpr const char* late = "the login did not finish in time";
        if (takeover_allowed_) {
            leave_pipe();
            close({Code::handshake_timeout, late, false, true});
            return;
        }
        session_.fail(Code::handshake_timeout, late);
    }
    if (now >= close_at_) {
        close(std::move(end_));
        return;
    }
    if (state_ == State::detached && now >= session_.resumable_until() && !events_.finish_resuming()) {
        close(std::move(end_));
        return;
    }
    session_.tick(now);
    if (state_ == State::running && readiness_.is_readable()) {
        read_some();
    }
    if (state_ == State::closing) {
        discard_input();
    }
    if (state_ != State::closed) {
        write_some();
    }
}

void Trunk::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    events_.on_open(std::move(stream), open);
}

void Trunk::step_handshake() {
    std::string why;
    switch (pipe_->handshake(why)) {
        case IoStatus::ok:
            state_ = State::running;
            events_.on_pipe_open();
            return;
        case IoStatus::would_block:
            return;
        case IoStatus::eof:
        case IoStatus::error:
            close({Code::refused, why.empty() ? "the peer closed the connection during the handshake" : why, false,
                   false});
            return;
    }
}

// --- reading ---

// Reads for one turn. The rest stays readable, for the next round.
void Trunk::read_some() {
    for (int reads = 0; reads < reads_per_turn && readiness_.is_readable() && state_ == State::running;) {
        reads += static_cast<int>(slabs_per_round_);
        if (!read_round()) {
            return;
        }
    }
    if (!readiness_.is_readable()) {
        slabs_ = {};  // an idle trunk holds no slabs
    }
    check_session();
}

// Reads several slabs on a busy trunk before it wakes every stream once, so that sockets get larger pieces. False if
// the trunk has ended.
bool Trunk::read_round() {
    IoStatus status = IoStatus::ok;
    std::size_t filled = 0;
    while (filled < slabs_per_round_ && readiness_.is_readable() && state_ == State::running) {
        status = read_once(slabs_[filled++]);
    }
    session_.settle();
    slabs_per_round_ = readiness_.is_readable() ? std::min(2 * slabs_per_round_, slabs_per_round_max) : filled;
    if (state_ == State::running && (status == IoStatus::eof || status == IoStatus::error)) {
        input_ended(status);
    }
    return state_ == State::running;
}

Trunk::IoStatus Trunk::read_once(ReadSlab& into) {
    auto& [slab, used] = into;
    if (slab && slab->unique()) {
        used = 0;  // all streams have taken their bytes: reuse the memory while it is in the cache
    } else if (!slab || slab->capacity() - used < worth_reading) {
        slab = worker_.slabs().acquire(session_.ledger().get());
        used = 0;
    }
    IoResult result = pipe_->read({slab->data() + used, slab->capacity() - used});
    if (result.bytes > 0) {
        auto length = static_cast<std::uint32_t>(result.bytes);
        count(length);
        take({slab, used, length});
        used += length;
    }
    // Nothing follows the end. If everything was read, we return only for an end that was announced together with these
    // bytes.
    const bool has_end_behind =
        result.status == IoStatus::would_block && readiness_.has_more_behind() && result.bytes > 0;
    readiness_.set_readable(result.status == IoStatus::ok || has_end_behind);
    return result.status;
}

void Trunk::take(const buffer::Slice& bytes) {
    receiving_ = &bytes;
    const auto work = [&] { session_.take(bytes, worker_.now()); };
    account_ ? account_->timed(&TrafficRegistry::Account::decode, work) : work();
    receiving_ = nullptr;
}

void Trunk::input_ended(IoStatus status) {
    if (session_.failure()) {
        check_session();  // the peer sent the reason before it closed, or may still read ours
        return;
    }
    TrunkEnd end{Code::none, "the peer closed the connection", true, true};
    if (status == IoStatus::error) {
        end = {Code::connection_reset, pipe_->error_text(), false, true};
    }
    connection_lost(std::move(end));
}

void Trunk::discard_input() {
    buffer::SlabPtr slab = worker_.slabs().acquire();
    for (int reads = 0; reads < reads_per_turn && readiness_.is_readable(); ++reads) {
        IoResult result = pipe_->read({slab->data(), slab->capacity()});
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            close(std::move(end_));
            return;
        }
        readiness_.set_readable(result.status == IoStatus::ok || (readiness_.has_more_behind() && result.bytes > 0));
    }
}

// --- writing ---

void Trunk::write_some() {
    if (state_ == State::handshaking) {
        if (const auto& failure = session_.failure()) {  // ended by its owner, which has not returned yet
            close({failure->code, failure->text, false, false});
        }
        return;
    }
    if (state_ == State::detached) {
        wait_detached();
        return;
    }
    int turn = 0;
    while (state_ == State::running && readiness_.is_writable() && write_once()) {
        if (++turn == writes_per_turn) {
            timer_.set(worker_.now());  // more in the next round; others first
            return;
        }
    }
    check_session();
    if (state_ != State::closed) {
        set_timer();
    }
}

// Writes one batch, or the rest of one. False if there is nothing more to do now.
bool Trunk::write_once() {
    if (batch_.empty() && !produce()) {
        if (pipe_->has_pending()) {
            readiness_.set_writable(pipe_->flush() == IoStatus::ok);
            report_written(0);
        }
        return false;
    }
    IoResult result = pipe_->write(batch_.pieces());
    count(result.bytes);
    batch_.advance(result.bytes);
    report_written(result.bytes);
    if (result.status == IoStatus::error) {
        // Data that the peer sent before it closed may still be readable: a GOAWAY tells more than this error.
        readiness_.set_readable(true);
        batch_.clear();
        std::string why = pipe_->error_text();
        read_some();
        if (state_ == State::running) {
            connection_lost({Code::connection_reset, why, false, true});
        }
        return false;
    }
    readiness_.set_writable(result.status == IoStatus::ok);
    return readiness_.is_writable();
}

bool Trunk::produce() {
    const auto work = [&] { return session_.produce(batch_, worker_.now()); };
    return account_ ? account_->timed(&TrafficRegistry::Account::encode, work) : work();
}

// Reports to the session how much was written. Bytes that TLS has accepted but the socket has not are still pending:
// one of them is held back, so that the session continues watching for progress.
void Trunk::report_written(std::size_t bytes) {
    bytes += std::exchange(unreported_, 0);
    if (bytes > 0 && pipe_->has_pending()) {
        unreported_ = 1;
        --bytes;
    }
    session_.written(bytes, worker_.now());
}

void Trunk::count(std::size_t bytes) noexcept {
    if (recent_) {
        recent_->count(bytes, worker_.now());
    }
}

transport::PipeCounters Trunk::counters() const noexcept {
    transport::PipeCounters all = last_counters_;
    if (pipe_) {
        const transport::PipeCounters& now = pipe_->counters();
        all.system_calls += now.system_calls;
        all.bytes_in += now.bytes_in;
        all.bytes_out += now.bytes_out;
        all.bytes_copied += now.bytes_copied;
    }
    return all;
}

// --- ending ---

// Starts to close once a failed session has produced its last frames: when produce() returns nothing more.
void Trunk::check_session() {
    if (state_ != State::running || !session_.failure()) {
        return;
    }
    const mux::Failure& failure = *session_.failure();
    end_ = {failure.code, failure.text, failure.by_peer, true};
    if (close_at_ == never) {
        close_at_ = worker_.now() + linger;
        set_timer();
    }
    if (batch_.empty() && !session_.has_output() && !pipe_->has_pending()) {
        begin_closing();
    } else if (readiness_.is_writable()) {
        worker_.defer(*this);
    }
}

void Trunk::begin_closing() {
    state_ = State::closing;
    slabs_ = {};
    pipe_->shutdown();
    discard_input();
}

void Trunk::close(TrunkEnd end) {
    if (state_ == State::closed) {
        return;
    }
    end_ = std::move(end);
    release_pipe();
    events_.on_trunk_end(end_);
}

void Trunk::abandon() noexcept {
    check_here(worker_);
    if (state_ != State::closed) {
        release_pipe();
    }
}

// Releases everything except the session's memory, to which streams may still point.
void Trunk::release_pipe() noexcept {
    state_ = State::closed;
    timer_.cancel();
    cancel_deferred();
    driver_waker_->forget();
    batch_.clear();
    slabs_ = {};
    session_.lose();
    account_.reset();
    last_counters_ = counters();
    if (pipe_) {
        worker_.poller().remove(pipe_->fd(), *this);
        pipe_.reset();
    }
}

void Trunk::set_timer() {
    TimePoint next = std::min(session_.next_deadline(), close_at_);
    if (!logged_in_ && !session_.failure()) {
        next = std::min(next, handshake_until_);
    }
    if (state_ != State::handshaking && readiness_.is_readable()) {
        next = worker_.now();
    }
    if (state_ == State::detached && next <= worker_.now()) {
        next = worker_.now() + Duration(limits::resume_attempt_every) / 4;  // the new connection is being made
    }
    timer_.set(next);
}

}  // namespace ferrotunnel::trunk
