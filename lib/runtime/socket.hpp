// Sockets without waiting: everything is non-blocking and close-on-exec, and answers at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "runtime/address.hpp"
#include "runtime/io_result.hpp"

namespace ferrotunnel::runtime {

/// Owns a descriptor.
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

// --- making sockets -----------------------------------------------------------------------------------------------

/// Starts a connect. It is complete when the socket becomes writable and `socket_error` is clear; a failure that is
/// known at once is in `error` and the Fd is empty.
Fd start_connect(const SocketAddress& to, std::error_code& error) noexcept;

/// The same to the unix socket at `path`, of at most unix_path_max bytes; it is connected when the call returns.
/// EAGAIN: who listens there has no room at the moment, and nothing tells when it has.
Fd connect_unix(const std::string& path, std::error_code& error) noexcept;
inline constexpr std::size_t unix_path_max = 107;

/// SO_REUSEADDR; an IPv6 listener on "[::]" also takes IPv4.
Fd listen_on(const SocketAddress& at, std::error_code& error, int backlog = 4096) noexcept;

/// One connection, non-blocking and close-on-exec. Empty with EAGAIN when there is none.
Fd accept_from(int listener, SocketAddress& peer, std::error_code& error) noexcept;

/// A connected pair of local stream sockets, for tests and in-process use.
std::pair<Fd, Fd> socket_pair();

SocketAddress local_address(int fd) noexcept;
SocketAddress peer_address(int fd) noexcept;

// --- options; a failure is no reason to stop, so it is only returned -----------------------------------------------

std::error_code set_no_delay(int fd, bool on = true) noexcept;
/// Report writable only while less than this is unsent below us, so that priority decided late still counts.
std::error_code set_unsent_low_water(int fd, std::uint32_t bytes) noexcept;
std::error_code set_keepalive(int fd, std::chrono::seconds idle, std::chrono::seconds interval, int probes) noexcept;
/// As far apart, and as many, as the system does it: for peers that are known to answer.
std::error_code set_keepalive(int fd, std::chrono::seconds idle) noexcept;
/// The kernel gives up when what was sent stays unacknowledged for this long.
std::error_code set_user_timeout(int fd, std::chrono::milliseconds timeout) noexcept;

// --- using them ---------------------------------------------------------------------------------------------------

/// The pending error of the socket (SO_ERROR), which this clears.
std::error_code socket_error(int fd) noexcept;

/// One recvmsg into up to 64 pieces. `ok` means that bytes came; fewer than asked for says nothing about an end.
IoResult read_some(int fd, std::span<const MutableBytes> into) noexcept;
IoResult read_some(int fd, MutableBytes into) noexcept;

/// One sendmsg of up to 64 pieces, never with SIGPIPE. `ok` when all of the pieces given were taken, would_block when
/// the socket is full (with what it still took). Of more than 64 pieces the first 64 are sent, and `ok` means those.
IoResult write_some(int fd, std::span<const Bytes> pieces) noexcept;
IoResult write_some(int fd, Bytes bytes) noexcept;

/// Bytes that were written and that the peer's system has not acknowledged (SIOCOUTQ); 0 when the socket can not tell.
std::uint32_t unacknowledged_bytes(int fd) noexcept;

/// Ends our direction: the peer reads what was sent and then eof.
std::error_code shutdown_send(int fd) noexcept;

/// Closes so that the peer sees a reset; what was not sent yet is lost.
void reset_close(Fd fd) noexcept;

/// How many descriptors there may be before visitors leave the rest to others: an eighth of what the process may have
/// is kept, limits::descriptors_reserved_max at the most, or a `part`th of that. A new descriptor is the lowest number
/// that is free, so who gets this number or a higher one finds that many in use.
std::uint64_t descriptors_for_visitors(std::uint64_t part = 1) noexcept;

}  // namespace ferrotunnel::runtime
