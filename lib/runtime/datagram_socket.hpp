// Non-blocking UDP sockets, with many datagrams for each system call.
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

/// Binds a UDP socket that reports for each datagram which address of this machine it was sent to; one on "[::]" also
/// accepts IPv4.
Fd bind_datagrams(const SocketAddress& at, std::error_code& error) noexcept;

/// Creates a UDP socket that sends to `to` and receives only from it. Its calls report ICMP errors about `to`.
Fd connect_datagrams(const SocketAddress& to, std::error_code& error) noexcept;

/// Frees the address of a bound UDP socket at once: the descriptor stays valid, but refers to a socket that receives
/// nothing. Thread-safe, even while another one reads. If no descriptor is left to do so, the address is freed when the
/// socket is closed.
void free_datagram_address(int fd) noexcept;

/// The address of this machine that a datagram was sent to, from which the response has to be sent. Empty: any.
struct LocalEnd {
    std::uint8_t family = 0;  // 4 or 6
    std::array<std::uint8_t, 16> bytes{};

    bool operator==(const LocalEnd&) const = default;
};

/// Reads one batch of datagrams at a time. Neighbouring datagrams of one size from one sender may arrive as one
/// message, joined by the kernel or the network card (UDP_GRO), which is split here, so that they pass through the
/// kernel once. Its buffers belong to it only during a call.
class DatagramReader {
public:
    static constexpr std::size_t batch_max = 16;  // messages

    struct Datagram {
        Bytes payload;  // valid until the next call
        SocketAddress from;
        LocalEnd to;
        bool cut = false;  // the datagram was longer than the maximum
    };

    explicit DatagramReader(buffer::SlabPool& pool) noexcept : pool_(pool) {}

    /// Reads the datagrams of up to `batch_max` messages. `bytes` of the result is the number of datagrams. With `ok`
    /// more may be waiting; with `error` too, since an error of a UDP socket concerns an earlier datagram. Throws
    /// std::bad_alloc.
    IoResult read(int fd);

    /// Calls `take` with each datagram of the last read(), in order.
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

/// Whether datagrams of one size to one place may be sent as one message, which the kernel, or the network card, splits
/// (UDP_SEGMENT), so that they pass through the kernel once. Starts as a guess, since neither an old kernel nor a
/// device without checksums can do it: the first refusal ends it for the socket, and loses nothing.
class Segmenting {
public:
    /// Datagrams longer than this are sent one by one: a message is not split if the parts would be fragments.
    static constexpr std::size_t bytes_max = 1'452;

    bool is_on() const noexcept { return on_; }
    void turn_off() noexcept { on_ = false; }

private:
    bool on_ = true;
};

/// Collects datagrams and sends them with few system calls.
class DatagramWriter {
public:
    static constexpr std::size_t batch_max = 32;

    /// The outcome for datagrams. Those that did not fit into the socket's buffer are dropped, as a network would.
    struct Result {
        std::uint32_t sent = 0;
        std::uint32_t no_room = 0;
        std::uint32_t failed = 0;
        std::error_code error{};  // for the last one that failed
    };

    bool is_full() const noexcept { return count_ == batch_max; }
    bool is_empty() const noexcept { return count_ == 0; }
    /// Adds a datagram; there must be room. `to` is empty for a connected socket.
    void add(buffer::Slice payload, const SocketAddress& to = {}, const LocalEnd& from = {}) noexcept;
    /// Sends the added datagrams; neighbours in one message if `segmenting`, which belongs to the socket, allows it.
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
