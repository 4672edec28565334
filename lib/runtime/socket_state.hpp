// What a socket is ready for, from its edge-triggered events and from what reads and writes have returned.
//
//   reading:  waits --event--> ready --a read would block--> waits    (still ready if bytes came and an event has
//                                                                      announced that something is behind them)
//   writing:  waits --event--> ready --a write would block--> waits
//   the peer: sends --its end was read--> has ended --error--> is lost
//               \_________________________error________________/
#pragma once

#include <cstdint>

#include "runtime/io_result.hpp"
#include "runtime/poller.hpp"

namespace ferrotunnel::runtime {

/// A new socket is taken to be ready for both: its first read and write find out.
class SocketState {
public:
    void note_events(std::uint32_t events) noexcept {
        readable_ = readable_ || (events & readable_events) != 0;
        writable_ = writable_ || (events & writable_events) != 0;
        more_behind_ = more_behind_ || (events & more_behind_events) != 0;
    }
    /// A short read has emptied the socket. But an end that was announced together with its bytes is not announced
    /// again.
    void note_read(const IoResult& result) noexcept {
        readable_ = result.status == IoStatus::ok ||
                    (result.status == IoStatus::would_block && more_behind_ && result.bytes > 0);
        if (result.status == IoStatus::eof && peer_ == Peer::sends) {
            peer_ = Peer::has_ended;
        } else if (result.status == IoStatus::error) {
            peer_ = Peer::is_lost;
        }
    }
    void note_write(IoStatus status) noexcept { writable_ = status == IoStatus::ok; }
    /// A write has failed. What the peer sent before it went is still to be read, and its end behind that.
    void note_failed_write() noexcept {
        writable_ = false;
        readable_ = more_behind_ = true;
    }
    void note_lost() noexcept { peer_ = Peer::is_lost; }

    /// Whether a read may return something. Never once the peer has ended or is lost.
    bool can_read() const noexcept { return readable_ && peer_ == Peer::sends; }
    bool can_write() const noexcept { return writable_; }
    bool peer_sends() const noexcept { return peer_ == Peer::sends; }
    bool peer_has_ended() const noexcept { return peer_ == Peer::has_ended; }
    bool peer_is_lost() const noexcept { return peer_ == Peer::is_lost; }

private:
    enum class Peer : std::uint8_t { sends, has_ended, is_lost };

    bool readable_ = true;
    bool writable_ = true;
    bool more_behind_ = false;  // than a short read returns
    Peer peer_ = Peer::sends;
};

}  // namespace ferrotunnel::runtime
