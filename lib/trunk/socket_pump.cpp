#include "trunk/socket_pump.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "trunk/frame_windows.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using runtime::IoResult;
using runtime::IoStatus;
using wire::Code;

namespace {

constexpr std::size_t pieces_max = 64;

// The kernel's probes find visitors and services that have vanished without a word (a laptop closed, an address
// translation forgotten): the first probe comes after `idle` without traffic, the next ones `interval` apart, `probes`
// in all. They also find peers that have closed their socket while nothing was under way. Such an end looks like that
// of one direction, and may be no more; but a kernel forgets a socket that nobody holds after a minute (FIN_WAIT2), and
// answers a later probe with a reset. A socket that is still held is probed for as long as its peer likes.
constexpr auto keepalive_idle = std::chrono::seconds(75);
constexpr auto keepalive_interval = std::chrono::seconds(30);
constexpr int keepalive_probes = 4;

}  // namespace

void set_pumped_socket_options(int fd, bool local) noexcept {
    (void)runtime::set_no_delay(fd);
    (void)runtime::set_unsent_low_water(fd, limits::socket_unsent_max);
    if (local) {
        (void)runtime::set_keepalive(fd, keepalive_idle);
    } else {
        (void)runtime::set_keepalive(fd, keepalive_idle, keepalive_interval, keepalive_probes);
    }
}

SocketPump::SocketPump(runtime::Worker& worker, std::shared_ptr<Traffic> traffic)
    : worker_(worker), traffic_(std::move(traffic)) {
    traffic_->opened();
}

SocketPump::~SocketPump() {
    close(true);
}

void SocketPump::set_stream(IntrusivePtr<mux::Stream> stream) {
    stream_ = std::move(stream);
}

void SocketPump::set_socket(runtime::Fd socket) {
    cancel_ = nullptr;
    if (closed_) {
        return;
    }
    socket_ = std::move(socket);
    try {
        worker_.poller().add_input(socket_.get(), *this);
    } catch (const std::exception&) {
        socket_.reset();
        refuse(Code::busy);
        return;
    }
    self_ = IntrusivePtr<SocketPump>(this);
    worker_.shutdown_hooks().add(*this);
    readable_ = writable_ = true;
    run();
}

void SocketPump::refuse(Code code) {
    cancel_ = nullptr;
    if (!closed_) {
        stream_->abort(code);
        close(true);
    }
}

void SocketPump::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<SocketPump>(this)] { self->run(); });
        return;
    }
    run();
}

void SocketPump::on_events(std::uint32_t events) noexcept {
    readable_ = readable_ || (events & runtime::readable_events) != 0;
    writable_ = writable_ || (events & runtime::writable_events) != 0;
    hung_up_ = hung_up_ || (events & runtime::more_behind_events) != 0;
    peer_gone_ = peer_gone_ || (events & EPOLLHUP) != 0;
    broken_ = broken_ || (events & EPOLLERR) != 0;
    run();
}

// Releases the timer: somebody may hold the pump for longer, but its timer must not outlive the worker.
void SocketPump::on_worker_end() noexcept {
    IntrusivePtr<SocketPump> keep(this);
    close(true);
    last_bytes_.reset();
}

// Steps until nothing is left to do. The session wakes the pump from within the pump's own calls, hence the guard
// against recursion.
void SocketPump::run() noexcept {
    if (running_) {
        again_ = true;
        return;
    }
    IntrusivePtr<SocketPump> keep(this);
    running_ = true;
    do {
        again_ = false;
        try {
            step();
        } catch (const std::exception&) {
            // Out of memory, or a bug: only this visitor's connection ends.
            stream_->abort(Code::internal);
            close(true);
        }
    } while (again_ && !closed_);
    running_ = false;
}

void SocketPump::step() {
    if (closed_ || !stream_ || ended_from_outside() || !socket_) {
        return;
    }
    if (is_resetting()) {
        if (broken_) {
            close(true);
        }
        return;
    }
    if (broken_) {
        socket_failed();
    }
    send_to_socket();
    receive_from_socket();
    if (!closed_ && !is_resetting()) {
        watch_end();
    }
}

void SocketPump::watch_end() {
    if (!reading_ && !writing_) {
        close(false);
    } else if (!reading_ && peer_gone_) {
        stream_->leave();  // of a unix socket: both directions have ended, not only one
    } else if (!writable_ && !last_bytes_ && stream_->send_is_dead()) {
        watch_last_bytes(LastBytes::Until::stalled);
    }
}

// True if the stream was aborted or its trunk is lost: the socket's peer gets a reset, never an orderly end.
bool SocketPump::ended_from_outside() {
    if (!stream_->verdict()) {
        return false;
    }
    if (std::function<void()> cancel = std::exchange(cancel_, nullptr)) {
        cancel();
    }
    close(true);
    return true;
}

// --- from the socket ---

void SocketPump::receive_from_socket() {
    while (!closed_ && reading_ && readable_ && may_send()) {
        if (!read_once()) {
            break;
        }
    }
}

bool SocketPump::may_send() {
    while (!stream_->can_send()) {
        if (stream_->send_is_dead()) {
            stop_reading();  // the peer has reset the stream; the inbound queue ends with that reset
            return false;
        }
        if (stream_->try_park_send()) {
            return false;
        }
    }
    return true;
}

void SocketPump::stop_reading() noexcept {
    if (std::exchange(reading_, false)) {
        traffic_->stopped_sending();
    }
}

// Reads up to four frames' worth in one system call, or one frame's worth while little comes.
bool SocketPump::read_once() {
    buffer::SlabPtr slab = worker_.slabs().acquire();
    const Windows windows(*slab, *stream_, bulk_);
    IoResult result = runtime::read_some(socket_.get(), windows.pieces());
    bulk_ = result.bytes >= limits::data_payload_max;
    traffic_->moved(&Traffic::from_sockets, result.bytes);
    send_frames(*stream_, std::move(slab), result.bytes);
    switch (result.status) {
        case IoStatus::ok:
            // A short read has emptied the socket, and later bytes cause a new event: no second call to learn that. But
            // an end that was announced together with these bytes will not be announced again.
            readable_ = result.bytes == windows.bytes() || hung_up_;
            return readable_;
        case IoStatus::would_block:
            readable_ = false;
            return false;
        case IoStatus::eof:
            if (!broken_) {
                stop_reading();
                stream_->finish();
                end_of_backend();
                return false;
            }
            [[fallthrough]];  // a write was told of the error, so a read afterwards reports an end
        case IoStatus::error:
            stop_reading();
            stream_->reset(Code::connection_reset);
            close(true);
            return false;
    }
    return false;
}

// Ends an HTTP stream: HTTP has no use for half a connection, and nobody would answer what is still sent. The reset
// behind the end says how much has been delivered, so that the edge can resend what was on the way here.
void SocketPump::end_of_backend() {
    if (stream_->kind() == wire::ServiceKind::http) {
        stream_->reset(Code::connection_reset);
        close(false);
    }
}

// --- to the socket ---

void SocketPump::send_to_socket() {
    while (!closed_ && writing_ && writable_ && write_once()) {
    }
    // Behind a FIN only a reset can come.
    if (!closed_ && !writing_ && !broken_) {
        if (StreamItem* item = stream_->front(); item != nullptr && item->kind == StreamItem::Kind::reset) {
            reset_in_order();
        }
    }
}

// Writes everything queued, gathered into one write. False if there is nothing more to do now.
bool SocketPump::write_once() {
    std::array<Bytes, pieces_max> pieces;
    std::size_t count = 0;
    stream_->for_each_inbound([&](StreamItem& item) {  // no further than one write goes: the queue may be long
        if (item.kind != StreamItem::Kind::data) {
            return false;
        }
        pieces[count++] = item.slice.bytes();
        return count < pieces_max;
    });
    if (count == 0) {
        StreamItem* item = stream_->front();
        if (item == nullptr) {
            return !stream_->try_park_receive();
        }
        if (item->kind == StreamItem::Kind::reset) {
            reset_in_order();
            return false;
        }
        stream_->drop_front();
        if (reading_) {
            (void)runtime::shutdown_send(socket_.get());
        }  // otherwise the socket is closed next, which says the same
        writing_ = false;
        (void)stream_->try_park_receive();
        return false;
    }
    IoResult result = runtime::write_some(socket_.get(), std::span<const Bytes>(pieces.data(), count));
    traffic_->moved(&Traffic::to_sockets, result.bytes);
    stream_->count_delivered(result.bytes);
    for (std::size_t left = result.bytes; left > 0;) {
        auto n = static_cast<std::uint32_t>(std::min<std::size_t>(left, stream_->front()->slice.size()));
        stream_->consume(n);
        left -= n;
    }
    if (result.status == IoStatus::error) {
        socket_failed();
        return false;
    }
    writable_ = result.status == IoStatus::ok;
    if (!writable_ && !std::exchange(output_watched_, true)) {
        worker_.poller().add_output(socket_.get(), *this);
    }
    return writable_;
}

// Handles a socket that takes nothing any more. What it received before it failed is still to be read, and the reset
// follows that; if its end was already read, the reset follows at once.
void SocketPump::socket_failed() {
    broken_ = true;
    readable_ = true;
    if (writing_) {
        writing_ = false;
        stream_->stop_receiving();
    }
    if (!reading_) {
        stream_->reset(Code::connection_reset);
        close(true);
    }
}

void SocketPump::reset_in_order() {
    stop_reading();
    if (runtime::unacknowledged_bytes(socket_.get()) == 0) {
        close(true);
        return;
    }
    watch_last_bytes(LastBytes::Until::acknowledged);
}

void SocketPump::watch_last_bytes(LastBytes::Until until) {
    last_bytes_ = std::make_unique<LastBytes>(worker_, socket_.get(), *stream_, until, [this] {
        IntrusivePtr<SocketPump> keep(this);
        close(true);
    });
}

void SocketPump::close(bool reset) noexcept {
    if (std::exchange(closed_, true)) {
        return;
    }
    leave();
    if (last_bytes_) {
        last_bytes_->cancel();  // it may be the caller; it is destroyed with the pump
    }
    if (socket_) {
        worker_.poller().remove(socket_.get(), *this);
        if (reset) {
            runtime::reset_close(std::move(socket_));
        }
        socket_.reset();
    }
    stop_reading();
    traffic_->closed();
    // Nobody will take what is still queued inbound; the stream itself goes with its last reference.
    if (stream_) {
        stream_->stop_receiving();
    }
    self_.reset();  // last: this may destroy the pump
}

}  // namespace ferrotunnel::trunk
