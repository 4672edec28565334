// State of a socket for its reader and writer: its readiness, from events and from the results of reads and writes,
// and whether its peer still sends.
//
//   sends --its end was read--> has ended --error--> is lost
//     \_________________________error________________/
#pragma once

#include <cstdint>

#include "runtime/io_result.hpp"
#include "runtime/readiness.hpp"

namespace ferrotunnel::runtime {

/// A new socket counts as ready for both: its first read and write find out.
class SocketState {
public:
    void note_events(std::uint32_t events) noexcept { readiness_.add(events); }
    /// A short read has emptied the socket. But an end that was announced together with its bytes is not announced
    /// again.
    void note_read(const IoResult& result) noexcept {
        readiness_.set_readable(result.status == IoStatus::ok || (result.status == IoStatus::would_block &&
                                                                  readiness_.has_more_behind() && result.bytes > 0));
        if (result.status == IoStatus::eof && peer_ == Peer::sends) {
            peer_ = Peer::has_ended;
        } else if (result.status == IoStatus::error) {
            peer_ = Peer::is_lost;
        }
    }
    void note_write(IoStatus status) noexcept { readiness_.set_writable(status == IoStatus::ok); }
    /// A write has failed. Data that the peer sent before is still to be read, followed by its end.
    void note_failed_write() noexcept {
        readiness_.set_writable(false);
        readiness_.add(EPOLLRDHUP);
    }
    void note_lost() noexcept { peer_ = Peer::is_lost; }

    /// Whether a read may return something. Never once the peer has ended or is lost.
    bool can_read() const noexcept { return readiness_.is_readable() && peer_ == Peer::sends; }
    bool can_write() const noexcept { return readiness_.is_writable(); }
    bool peer_sends() const noexcept { return peer_ == Peer::sends; }
    bool peer_has_ended() const noexcept { return peer_ == Peer::has_ended; }
    bool peer_is_lost() const noexcept { return peer_ == Peer::is_lost; }

private:
    enum class Peer : std::uint8_t { sends, has_ended, is_lost };

    Readiness readiness_ = Readiness::both();
    Peer peer_ = Peer::sends;
};

}  // namespace ferrotunnel::runtime
