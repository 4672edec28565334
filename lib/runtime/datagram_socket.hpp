// UDP sockets that never wait, with many datagrams for each system call.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "buffer/slab.hpp"
#include "runtime/address.hpp"
#include "runtime/io_result.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

/// Binds a UDP socket that says of each datagram which address of this machine it came to; one on "[::]" also takes
/// IPv4.
Fd bind_datagrams(const SocketAddress& at, std::error_code& error) noexcept;

/// Makes a UDP socket that sends to `to` and hears nobody else. Its calls tell of what ICMP says about `to`.
Fd connect_datagrams(const SocketAddress& to, std::error_code& error) noexcept;

/// Frees the address of a bound UDP socket at once: the descriptor stays valid, and stands for a socket that hears
/// nothing. Any thread, also while another one reads. If no descriptor is left for that, the address is freed when the
/// socket is closed.
void free_datagram_address(int fd) noexcept;

/// The address of this machine that a datagram came to, from which its answer has to leave. Empty: any.
struct LocalEnd {
    std::uint8_t family = 0;  // 4 or 6
    std::array<std::uint8_t, 16> bytes{};

    bool operator==(const LocalEnd&) const = default;
};

/// Reads one batch of datagrams at a time. Neighbours of one size from one place may come as one message, which the
/// kernel or the network's card has joined (UDP_GRO), and which is cut here: their way through the kernel is gone once.
/// Its buffers belong to it only during a call.
class DatagramReader {
public:
    static constexpr std::size_t batch_max = 16;  // messages

    struct Datagram {
        Bytes payload;  // valid until the next call
        SocketAddress from;
        LocalEnd to;
        bool cut = false;  // it was longer than a datagram may be
    };

    explicit DatagramReader(buffer::SlabPool& pool) noexcept : pool_(pool) {}

    /// Reads the datagrams of up to `batch_max` messages. `bytes` of the result is the number of datagrams. With `ok`
    /// more may be waiting; with `error` too, since an error of a UDP socket is about an earlier datagram. Throws
    /// std::bad_alloc.
    IoResult read(int fd);

    /// Calls `take` with each datagram that read() has brought, in their order.
    template <typename Take>
    void for_each(Take&& take) const {
        for (std::size_t i = 0; i < messages_; ++i) {
            Datagram datagram = joined_[i].all;
            Bytes left = datagram.payload;
            do {
                datagram.payload = left.first(std::min(left.size(), joined_[i].segment));
                left = left.subspan(datagram.payload.size());
                take(std::as_const(datagram));
            } while (!left.empty());
        }
    }

private:
    struct Joined {
        Datagram all;
        std::size_t segment = 0;  // bytes of each of its datagrams, of which the last may be shorter
    };

    buffer::SlabPool& pool_;
    std::array<buffer::SlabPtr, batch_max> slabs_;
    std::array<Joined, batch_max> joined_;
    std::size_t messages_ = 0;
};

/// Whether datagrams of one size to one place may leave a socket as one message that the kernel, or the network's card,
/// cuts into them (UDP_SEGMENT): their way through the kernel is gone once. Begins as a guess, since neither an old
/// kernel nor a device without checksums can: the first refusal ends it for the socket, and loses nothing.
class Segmenting {
public:
    /// Datagrams longer than this are sent one by one: a message is not cut where the parts would be fragments.
    static constexpr std::size_t bytes_max = 1'452;

    bool is_on() const noexcept { return on_; }
    void turn_off() noexcept { on_ = false; }

private:
    bool on_ = true;
};

/// Collects datagrams and sends them by few system calls.
class DatagramWriter {
public:
    static constexpr std::size_t batch_max = 32;

    /// What became of datagrams. Those that did not fit into the socket's buffer are dropped, as a network would.
    struct Result {
        std::uint32_t sent = 0;
        std::uint32_t no_room = 0;
        std::uint32_t failed = 0;
        std::error_code error{};  // of the last one that failed
    };

    bool is_full() const noexcept { return count_ == batch_max; }
    bool is_empty() const noexcept { return count_ == 0; }
    /// Adds a datagram; there must be room. `to` is empty for a connected socket.
    void add(buffer::Slice payload, const SocketAddress& to = {}, const LocalEnd& from = {}) noexcept;
    /// Sends what was added; neighbours in one message where `segmenting`, which is the socket's, allows it.
    Result send(int fd, Segmenting& segmenting) noexcept;

private:
    struct Entry {
        buffer::Slice payload;
        SocketAddress to;
        LocalEnd from;
    };

    std::size_t group_end(std::size_t begin, bool segmenting) const noexcept;

    std::array<Entry, batch_max> entries_;
    std::size_t count_ = 0;
};

}  // namespace ferrotunnel::runtime
