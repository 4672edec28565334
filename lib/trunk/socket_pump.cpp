#include "trunk/socket_pump.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "runtime/turns.hpp"
#include "shaping/lane.hpp"
#include "trunk/frame_windows.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using runtime::IoResult;
using runtime::IoStatus;

namespace {

// The kernel's probes find visitors and services that have vanished silently (a laptop closed, an address translation
// forgotten): the first probe is sent after `idle` without traffic, the next ones `interval` apart, `probes` in all.
// They also find peers that have closed their socket without pending data. Such an end looks like that of one
// direction, and may be no more; but a kernel forgets a socket without an owner after a minute (FIN_WAIT2), and answers
// a later probe with a reset. A socket that still has an owner is probed as long as its peer exists.
constexpr auto keepalive_idle = std::chrono::seconds(75);
constexpr auto keepalive_interval = std::chrono::seconds(30);
constexpr int keepalive_probes = 4;

// The part of `pieces` that has at most `bytes` bytes.
std::span<const Bytes> first_bytes(std::span<Bytes> pieces, std::size_t bytes) noexcept {
    std::size_t count = 0;
    while (count < pieces.size() && bytes > 0) {
        Bytes& piece = pieces[count++];
        piece = piece.first(std::min(piece.size(), bytes));
        bytes -= piece.size();
    }
    return pieces.first(count);
}

}  // namespace

// An idle visitor has one on each side. The allocator adds 8 bytes, and rounds up to 16.
static_assert(sizeof(void*) != 8 || sizeof(SocketPump) <= 104, "a pump takes at most 112 bytes");

SocketPump::SocketPump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic)
    : Pump(worker, std::move(traffic)) {}

SocketPump::~SocketPump() {
    close(true);
}

void set_pumped_socket_options(int fd, bool local) noexcept {
    (void)runtime::set_no_delay(fd);
    (void)runtime::set_unsent_low_water(fd, limits::socket_unsent_max);
    if (local) {
        (void)runtime::set_keepalive(fd, keepalive_idle);
    } else {
        (void)runtime::set_keepalive(fd, keepalive_idle, keepalive_interval, keepalive_probes);
    }
}

void SocketPump::set_socket(runtime::Fd socket) {
    if (watch(socket.get(), false)) {
        socket_ = std::move(socket);
        begin();
    }
}

// Reads up to four frames' worth in one system call, or one frame's worth while little arrives.
bool SocketPump::read_once() {
    const bool is_shaped = this->is_shaped();
    const std::size_t most = is_shaped ? acquire_bytes(shaping::Direction::up) : shaping::Lane::any_number;
    if (most == 0) {
        return false;  // the pump is woken when it may send
    }
    buffer::SlabPtr slab = worker_.slabs().acquire();
    const Windows windows(*slab, *stream_, bulk_, most);
    const IoResult result = runtime::read_some(socket_.get(), windows.pieces());
    if (is_shaped) {
        count_passed(shaping::Direction::up, result.bytes);
    }
    bulk_ = result.bytes >= limits::data_payload_max;
    traffic_->moved(&Traffic::from_sockets, result.bytes);
    show_read(windows.pieces(), result.bytes);
    send_frames(*stream_, std::move(slab), result.bytes);
    return after_read(result, windows.bytes());
}

void SocketPump::send() {
    while (!is_closed() && writing_ && readiness_.is_writable() && write_once()) {
    }
    if (is_reset_behind_end()) {
        reset_acknowledged();
    }
}

// Writes everything queued, gathered into one write. False if there is nothing more to do now.
bool SocketPump::write_once() {
    Pieces room;
    std::span<const Bytes> pieces = gather(room);
    if (pieces.empty()) {
        return end_or_park();
    }
    const bool is_shaped = this->is_shaped();
    if (is_shaped) {
        pieces = first_bytes(std::span(room).first(pieces.size()), acquire_bytes(shaping::Direction::down));
        if (pieces.empty()) {
            return false;  // the pump is woken when it may send
        }
    }
    const IoResult result = runtime::write_some(socket_.get(), pieces);
    if (is_shaped) {
        count_passed(shaping::Direction::down, result.bytes);
    }
    count_taken(result.bytes);
    if (result.status == IoStatus::error) {
        end_failed();
        return false;
    }
    readiness_.set_writable(result.status == IoStatus::ok);
    if (!readiness_.is_writable() && !std::exchange(output_watched_, true)) {
        worker_.poller().add_output(socket_.get(), *this);
    }
    return readiness_.is_writable();
}

// Handles a queue without data: ends the socket's direction, resets it, or parks.
bool SocketPump::end_or_park() {
    StreamItem* item = stream_->front();
    if (item == nullptr) {
        return !stream_->try_park_receive();
    }
    if (item->kind == StreamItem::Kind::reset) {
        reset_acknowledged();
        return false;
    }
    stream_->drop_front();
    if (reading_) {
        (void)runtime::shutdown_send(socket_.get());
    }  // otherwise the socket is closed next, which has the same effect
    writing_ = false;
    (void)stream_->try_park_receive();
    return false;
}

std::size_t SocketPump::acquire_bytes(shaping::Direction direction) {
    return worker_.turns().acquire(lanes(shape_).of(direction));
}

// Data that could not pass now requests its turn again when it can: meanwhile it delays no others.
void SocketPump::count_passed(shaping::Direction direction, std::size_t bytes) noexcept {
    shaping::Lane& lane = lanes(shape_).of(direction);
    lane.passed(bytes, worker_.now());
    lane.settle();
}

void SocketPump::close_end(bool reset) noexcept {
    drop_lanes();
    if (reset && socket_) {
        runtime::reset_close(std::move(socket_));
    }
    socket_.reset();
}

}  // namespace ferrotunnel::trunk
