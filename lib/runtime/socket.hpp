// Non-blocking sockets: each is also close-on-exec, and every call returns at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "runtime/address.hpp"
#include "runtime/io_result.hpp"

namespace ferrotunnel::runtime {

/// Owns a descriptor and closes it.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset(std::exchange(other.fd_, -1));
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept;

private:
    int fd_ = -1;
};

/// How many sockets fit into one message.
inline constexpr std::size_t sockets_sent_max = 200;
/// Sends as much of `bytes` as fits over a Unix socket, and copies of the sockets with the first byte.
IoResult send_with_sockets(int fd, Bytes bytes, const std::vector<Fd>& sockets) noexcept;
/// Reads, and adds the sockets that arrive with the bytes to `sockets`.
IoResult read_with_sockets(int fd, MutableBytes into, std::vector<Fd>& sockets);

/// Another descriptor of the same socket or file, close-on-exec; empty if there is none left.
Fd copy_of(int fd) noexcept;

// --- making sockets -----------------------------------------------------------------------------------------------

/// Starts a connect. It is complete when the socket becomes writable and `socket_error` is clear; a failure that is
/// known at once is in `error` and the Fd is empty.
Fd start_connect(const SocketAddress& to, std::error_code& error) noexcept;

/// Connects to the unix socket at `path`, of at most unix_path_max bytes; the socket is connected when the call
/// returns. EAGAIN: the listener's queue is full at the moment, and no event reports when it has room.
Fd connect_unix(std::string_view path, std::error_code& error) noexcept;
inline constexpr std::size_t unix_path_max = 107;

/// Listens with SO_REUSEADDR; an IPv6 listener on "[::]" also accepts IPv4.
Fd listen_on(const SocketAddress& at, std::error_code& error, int backlog = 4096) noexcept;

/// Accepts one connection, non-blocking and close-on-exec. Empty with EAGAIN if none is waiting.
Fd accept_from(int listener, SocketAddress& peer, std::error_code& error) noexcept;

/// A connected pair of local stream sockets, for tests and in-process use.
std::pair<Fd, Fd> socket_pair();

SocketAddress local_address(int fd) noexcept;
SocketAddress peer_address(int fd) noexcept;

// --- options; a failure is not a reason to stop, so it is only returned
// -----------------------------------------------

std::error_code set_no_delay(int fd, bool on = true) noexcept;
/// Makes the socket writable only while less than this is unsent below us, so that a late decision about priorities
/// still has an effect.
std::error_code set_unsent_low_water(int fd, std::uint32_t bytes) noexcept;
std::error_code set_keepalive(int fd, std::chrono::seconds idle, std::chrono::seconds interval, int probes) noexcept;
/// Leaves interval and number of probes at the system's values: for peers that are known to respond.
std::error_code set_keepalive(int fd, std::chrono::seconds idle) noexcept;
/// Makes the kernel give up when sent data stays unacknowledged for this long.
std::error_code set_user_timeout(int fd, std::chrono::milliseconds timeout) noexcept;

// --- using them ---------------------------------------------------------------------------------------------------

/// The pending error of the socket (SO_ERROR), which this clears.
std::error_code socket_error(int fd) noexcept;

/// Reads once (readv; recv for one piece) into up to 64 pieces. `ok` means that bytes arrived; fewer than requested do
/// not mean the end.
IoResult read_some(int fd, std::span<const MutableBytes> into) noexcept;
IoResult read_some(int fd, MutableBytes into) noexcept;

/// Writes up to 64 pieces with one sendmsg (send for one piece), never raising SIGPIPE. `ok` if all of the pieces were
/// accepted, would_block if the socket is full (with the bytes that it still accepted). Of more than 64 pieces the
/// first 64 are sent, and `ok` refers to those.
IoResult write_some(int fd, std::span<const Bytes> pieces) noexcept;
IoResult write_some(int fd, Bytes bytes) noexcept;

/// Bytes that were written and that the peer's system has not acknowledged (SIOCOUTQ); 0 if the socket does not report
/// it.
std::uint32_t unacknowledged_bytes(int fd) noexcept;

/// Ends our direction: the peer reads what was sent and then eof.
std::error_code shutdown_send(int fd) noexcept;

/// Closes so that the peer sees a reset; what was not sent yet is lost.
void reset_close(Fd fd) noexcept;

/// How many descriptors may be in use before visitors must leave the rest to others. The reserve is an eighth of the
/// process's limit, at most limits::descriptors_reserved_max, or a `part`th of that. A new descriptor is the lowest
/// free number, so a caller that gets this number or a higher one knows that so many are in use.
std::uint64_t descriptors_for_visitors(std::uint64_t part = 1) noexcept;

}  // namespace ferrotunnel::runtime
