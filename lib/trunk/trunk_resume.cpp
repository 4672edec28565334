// Trunks whose session outlives its connection: losing one, waiting without, continuing with the next.
#include <utility>

#include "trunk/trunk.hpp"

namespace ferrotunnel::trunk {

using wire::Code;

// A socket that the peer's machine has closed shows that the process there is gone, or has ended the session in order.
// The side that dials tries anyway, since something in between may have closed it, unless the end was announced.
void Trunk::connection_lost(TrunkEnd end) {
    const bool is_the_end = pipe_->saw_end() && (!dials_ || session_.peer_drains());
    if (!session_.is_resumable() || is_the_end) {
        close(std::move(end));
    } else {
        detach_and_notify(std::move(end));
    }
}

void Trunk::on_silent() {
    detach_and_notify({Code::silent, "the peer sent nothing for too long", false, true});
}

void Trunk::detach_and_notify(TrunkEnd end) {
    detach();
    end_ = end;
    events_.on_detached(end);
}

void Trunk::detach() {
    check_here(worker_);
    if (state_ == State::detached) {
        return;
    }
    leave_pipe();
    state_ = State::detached;
    end_ = {Code::connection_reset, "the connection was replaced", false, true};
    session_.detach();
    set_timer();
}

// Resets the connection: an orderly end would tell the peer that this process is gone.
void Trunk::leave_pipe() noexcept {
    worker_.poller().remove(pipe_->fd(), *this);
    batch_.clear();
    slabs_ = {};
    readiness_ = runtime::Readiness();
    unreported_ = 0;
    last_counters_ = counters();
    runtime::reset_close(pipe_->release_fd());
    pipe_.reset();
}

// Streams are also opened and ended meanwhile.
void Trunk::wait_detached() {
    if (const auto& failure = session_.failure()) {
        close({failure->code, failure->text, failure->by_peer, true});
        return;
    }
    (void)session_.produce(batch_, worker_.now());
    session_.tick(worker_.now());
    set_timer();
}

void Trunk::attach(std::unique_ptr<transport::Pipe> pipe, std::uint64_t peer_received, Bytes login,
                   const buffer::Slice& rest) {
    check_here(worker_);
    IntrusivePtr<Trunk> keep(this);
    pipe_ = std::move(pipe);
    try {
        worker_.poller().add(pipe_->fd(), *this);
    } catch (const std::exception& problem) {
        close({Code::internal, problem.what(), false, true});
        return;
    }
    state_ = State::running;
    readiness_ = runtime::Readiness::both();
    session_.reattach(peer_received, login, worker_.now());
    if (!rest.empty()) {
        session_.receive(rest, worker_.now());
    }
    worker_.defer(*this);
    set_timer();
}

std::unique_ptr<transport::Pipe> Trunk::transfer(buffer::Slice& rest) {
    check_here(worker_);
    if (receiving_ != nullptr) {
        const auto end = static_cast<std::uint32_t>(session_.message_end());
        rest = receiving_->share(end, receiving_->size() - end);
    }
    last_counters_ = counters();
    worker_.poller().remove(pipe_->fd(), *this);
    std::unique_ptr<transport::Pipe> pipe = std::move(pipe_);
    release_pipe();
    return pipe;
}

}  // namespace ferrotunnel::trunk
