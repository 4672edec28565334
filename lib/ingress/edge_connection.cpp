#include "ingress/edge_connection.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <exception>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::ingress {

using runtime::IoResult;
using runtime::IoStatus;

namespace {

constexpr std::uint32_t frame_headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
/// How many rounds of work a connection may do before others have a turn.
constexpr int turns_max = 16;
constexpr std::size_t discarded_read = 64 * 1024;

}  // namespace

EdgeConnection::EdgeConnection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                               login::ConnectionTicket ticket)
    : edge_(edge), pipe_(std::move(pipe)), visitor_(std::move(visitor)), ticket_(std::move(ticket)) {}

EdgeConnection::~EdgeConnection() = default;

// --- its work ---

void EdgeConnection::on_events(std::uint32_t events) noexcept {
    socket_.note_events(events);
    if ((events & EPOLLERR) != 0) {
        socket_.note_lost();
    }
    run();
}

void EdgeConnection::on_deadline() noexcept {
    deadline_hit_ = true;
    run();
}

void EdgeConnection::end() noexcept {
    if (life_ == Life::open) {
        life_ = Life::ending;
    }
    run();
}

void EdgeConnection::run() noexcept {
    const auto failed = [this](const std::exception& problem) {
        // Out of memory, or a bug: only this visitor's connection ends.
        static constexpr LogCategory lines{"failed"};
        if (edge_.log.may_write(LogLevel::error, lines, edge_.worker.now())) {
            edge_.log.error("a visitor's connection failed", {{"visitor", visitor_.address}, {"why", problem.what()}});
        }
        close(true);
    };
    steps_.run(
        this, [this] { step(); }, failed, [this] { return !is_closed(); });
}

void EdgeConnection::step() {
    if (life_ != Life::open) {
        close(true);
        return;
    }
    if (socket_.peer_is_lost()) {
        visitor_lost();
        return;
    }
    if (std::exchange(deadline_hit_, false)) {
        check_deadlines();
    }
    for (int i = 0; !is_closed() && advance(); ++i) {
        if (i == turns_max || std::exchange(yield_requested_, false)) {
            edge_.worker.defer(*this);
            return;
        }
    }
}

// --- reading ---

void EdgeConnection::note_read(const IoResult& result) noexcept {
    exchange::EdgeCounters::add(edge_.counters.bytes_in, result.bytes);
    socket_.note_read(result);
}

void EdgeConnection::drop_input() noexcept {
    slab_.reset();
    begin_ = end_ = used_ = 0;
}

buffer::Slice EdgeConnection::slice_input(std::string_view payload, bool& headroom) {
    const auto size = static_cast<std::uint32_t>(payload.size());
    if (size < limits::copy_below) {
        buffer::SlabPtr small = buffer::make_slab(size + frame_headroom);
        std::memcpy(small->data() + frame_headroom, payload.data(), size);
        headroom = true;
        return {std::move(small), frame_headroom, size};
    }
    const auto at = static_cast<std::uint32_t>(as_bytes(payload).data() - slab_->data());
    headroom = at - used_ >= frame_headroom;  // the header of a chunk, of a frame or of the read was there
    used_ = at + size;
    return {slab_, at, size};
}

// --- writing ---

bool EdgeConnection::write_output() {
    if (!socket_.can_write() || (out_.empty() && !pipe_->has_pending())) {
        return false;
    }
    const IoStatus status = out_.write(*pipe_);
    const bool moved = out_.written() > 0;
    exchange::EdgeCounters::add(edge_.counters.bytes_out, out_.written());
    switch (status) {
        case IoStatus::ok:
            set_stall(never);
            return moved;
        case IoStatus::would_block:
            break;
        case IoStatus::eof:
        case IoStatus::error:
            visitor_lost();
            return false;
    }
    socket_.note_write(status);
    if (moved || stall_ == never) {
        set_stall(edge_.worker.now() + edge_.settings().write_timeout);
    }
    return moved;
}

// --- ending ---

void EdgeConnection::begin_lingering() {
    drop_input();
    set_due(edge_.lingering.begin(*this, edge_.settings(), edge_.worker.now()));
}

bool EdgeConnection::linger() {
    if (!socket_.can_read()) {
        return false;
    }
    std::array<std::uint8_t, discarded_read> discarded;
    const IoResult result = pipe_->discard(MutableBytes(discarded));
    note_read(result);
    if (!socket_.peer_sends()) {
        close(false);
        return false;
    }
    if (result.bytes == 0) {
        return false;
    }
    set_due(edge_.lingering.discarded(*this, result.bytes, edge_.settings(), edge_.worker.now()));
    return true;
}

void EdgeConnection::detach() noexcept {
    assert(!is_closed());
    life_ = Life::closed;
    edge_.lingering.end(*this);
    edge_.leave(*this);
    runtime::Deadline::cancel();
    cancel_deferred();
    pipe_->unwatch(edge_.worker.poller(), *this);
}

void EdgeConnection::close(bool reset) noexcept {
    if (is_closed()) {
        return;
    }
    IntrusivePtr<EdgeConnection> keep(this);
    detach();
    release_resources();
    out_.clear();
    drop_input();
    if (reset) {
        pipe_->reset();
    }
    pipe_.reset();
    ticket_.reset();
    edge_.counters.connections_now.fetch_sub(1, std::memory_order_relaxed);
    self_.reset();
}

// --- time ---

void EdgeConnection::set_due(TimePoint when) noexcept {
    due_ = when;
    edge_.wheel.set(*this, std::min(due_, stall_));
}

void EdgeConnection::set_stall(TimePoint when) noexcept {
    if (stall_ != when) {
        stall_ = when;
        edge_.wheel.set(*this, std::min(due_, stall_));
    }
}

void EdgeConnection::check_deadlines() {
    const TimePoint now = edge_.worker.now();
    if (now >= stall_) {
        static constexpr LogCategory answer_not_read{"answer_not_read"};
        if (edge_.log.may_write(LogLevel::info, answer_not_read, now)) {
            edge_.log.info("a visitor does not read its response", {{"visitor", visitor_.address}});
        }
        visitor_lost();
        return;
    }
    if (now < due_) {
        set_due(due_);
        return;
    }
    on_due();
}

}  // namespace ferrotunnel::ingress
