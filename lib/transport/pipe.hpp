// A pipe carries a trunk's bytes over one socket. It never waits: the owner registers the socket with the worker's
// poller and calls again on its events.
//
//     connected socket --handshake()--> open --read/write--> ... --shutdown()--> the peer learns of our end
//
// Rules for edge-triggered events: after `would_block` from a read, wait for EPOLLIN; after one from a write or flush,
// wait for EPOLLOUT; after one from a handshake, call it again on either event. A TLS pipe may need to write in order
// to read only during the handshake.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/client_certificate.hpp"
#include "base/key_group.hpp"
#include "runtime/io_result.hpp"
#include "runtime/poller.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::transport {

using runtime::IoResult;
using runtime::IoStatus;

struct PipeCounters {
    std::uint64_t system_calls = 0;  // reads and writes on the socket
    std::uint64_t bytes_in = 0;      // plain bytes of the trunk, without TLS
    std::uint64_t bytes_out = 0;
    std::uint64_t bytes_copied = 0;  // by us, outside TLS: small pieces gathered into one record
};

/// Facts from a visitor's TLS handshake (visitor_tls.hpp).
struct VisitorHandshake {
    std::string server_name;  // the requested name, in the form of net/host_name.hpp; empty: the visitor sent none
    std::string protocol;     // chosen by ALPN; empty: the visitor offered none
    std::string authority;    // identifies the rule about client certificates that applied; empty if none
    std::shared_ptr<const ClientCertificate> certificate;  // the visitor's, verified; null without one
    bool resumed = false;
};

/// A connection's bytes in both directions. It owns its socket and lives on one worker.
class Pipe {
public:
    virtual ~Pipe() = default;

    /// Makes one step. `ok`: done, and bytes may have arrived with its end, which no event reports: read.
    /// `would_block`: call again on the next event of any kind. Otherwise `why` describes, in words for the user, what
    /// went wrong.
    virtual IoStatus handshake(std::string& why) = 0;

    /// Reads the available bytes, up to the size. `ok`: `into` is full, or more bytes may be available. `would_block`:
    /// all bytes were read. If the event also announced the end of the connection (EPOLLRDHUP), the end itself may not
    /// have been read: call this until it reports the end.
    virtual IoResult read(MutableBytes into) noexcept = 0;

    /// Reads into several pieces, one after the other.
    virtual IoResult read_pieces(std::span<const MutableBytes> into) noexcept {
        IoResult all;
        for (const MutableBytes& piece : into) {
            const IoResult result = read(piece);
            all = {all.bytes + result.bytes, result.status, result.error};
            if (result.status != IoStatus::ok || result.bytes < piece.size()) {
                break;
            }
        }
        return all;
    }

    /// Writes the pieces. `ok`: everything was accepted and nothing is pending. `would_block`: `bytes` of the pieces
    /// were accepted (possibly all) and the socket is full; flush or write again on EPOLLOUT. Accepted bytes will not
    /// be needed again.
    virtual IoResult write(std::span<const Bytes> pieces) noexcept = 0;

    /// Whether there are bytes that were accepted here but not by the socket yet.
    virtual bool has_pending() const noexcept = 0;
    virtual IoStatus flush() noexcept = 0;
    /// Whether bytes have been received that a read would return without a system call.
    virtual bool may_read_more() const noexcept = 0;

    /// Whether the peer's end was seen, of TLS or only of the socket, and no reset: its machine has closed the socket.
    virtual bool saw_end() const noexcept { return false; }

    /// Announces to the peer that no more data follows (TLS: close_notify, then TCP FIN). Best effort; flush pending
    /// data first.
    virtual void shutdown() noexcept = 0;

    /// Returns 32 bytes that only the two ends of this TLS connection have (RFC 9266). False on a plain pipe.
    virtual bool exporter(MutableBytes out32) noexcept = 0;

    /// The handshake of a visitor's TLS connection, once it is done; null for any other connection.
    virtual const VisitorHandshake* visitor() const noexcept { return nullptr; }

    /// The name of the member of the cluster at the other end of a link, once the handshake is done: the proof of the
    /// cluster's key covers it. Empty for any other connection.
    virtual std::string_view link_peer() const noexcept { return {}; }

    /// Whether the server's certificate was verified against a CA and covers this name or address too. Only for
    /// connections of our clients, once the handshake is done.
    virtual bool certificate_covers(const std::string& /*host*/) const noexcept { return false; }

    /// In which TLS agreed on its keys, once the handshake is done.
    virtual KeyGroup key_group() const noexcept { return KeyGroup::none; }

    /// "TLSv1.3 TLS_AES_128_GCM_SHA256 x25519": version, suite and group; or "plain".
    virtual std::string description() const = 0;
    /// Why the last read, write or flush returned `error`, in words.
    virtual std::string error_text() const = 0;

    // --- its end and its events, which a pipe without a socket provides itself ---

    /// Calls `target` for events from now on; without `output` not for EPOLLOUT, until watch_output() adds that. May
    /// throw as Poller::add does.
    virtual void watch(runtime::Poller& poller, runtime::PollTarget& target, bool output);
    virtual void watch_output(runtime::Poller& poller, runtime::PollTarget& target) noexcept;
    /// `target` gets no more events. Call it before the pipe ends.
    virtual void unwatch(runtime::Poller& poller, runtime::PollTarget& target) noexcept;
    /// Reads what is to be dropped: from the socket, since it need not be decrypted.
    virtual IoResult discard(MutableBytes scratch) noexcept;
    /// Ends our direction of the socket, without an end of TLS: what was sent must not look complete.
    virtual void end_sending() noexcept;
    /// Ends both directions at once; the pipe can then only be destroyed.
    virtual void reset() noexcept;

    // --- for a visitor that another server has forwarded ---

    /// Everything that was read until now has an effect: the other server must not repeat it.
    virtual void confirm_input() noexcept {}
    /// Like reset(): what was read since confirm_input() has no effect here, and another server may serve it.
    virtual void reject_input() noexcept { reset(); }

    virtual int fd() const noexcept = 0;
    /// Releases the socket, for instance to `reset_close` it. The pipe can then only be destroyed.
    virtual runtime::Fd release_fd() noexcept = 0;

    const PipeCounters& counters() const noexcept { return counters_; }

protected:
    PipeCounters counters_;
};

}  // namespace ferrotunnel::transport
