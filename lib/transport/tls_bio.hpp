// The BIO between OpenSSL and a non-blocking socket.
//
// Reading: OpenSSL (with read-ahead and a large buffer) requests as much as its buffer holds, and recv() writes
// straight into that buffer: one system call reads several records, and none of them is copied. Writing: OpenSSL hands
// over one record at a time. The records are collected here, and the pipe sends several with one call.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "runtime/io_result.hpp"

namespace ferrotunnel::transport {

inline constexpr std::size_t tls_record_plain_max = 16_KiB;
/// Header, content type and tag of the suites of TLS 1.3.
inline constexpr std::size_t tls_record_overhead = 5 + 1 + 16;
/// Records are sent once they exceed this many bytes. tls_pipe.hpp has the measurement.
inline constexpr std::size_t tls_send_bytes = 4 * (tls_record_plain_max + tls_record_overhead);
inline constexpr std::size_t tls_read_buffer_bytes = 4 * (tls_record_plain_max + tls_record_overhead) + 64;
/// The most that may be collected: a peer that causes responses (key updates) without reading them is lost.
inline constexpr std::size_t tls_collected_max = 4 * tls_send_bytes;

/// Records that wait for the socket. An idle buffer holds no memory: the usual block comes from a cache of the thread.
class RecordBuffer {
public:
    RecordBuffer() = default;
    ~RecordBuffer() { clear(); }
    RecordBuffer(const RecordBuffer&) = delete;
    RecordBuffer& operator=(const RecordBuffer&) = delete;

    bool append(const std::uint8_t* bytes, std::size_t count) noexcept;  // false if there is too much, or no memory
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    Bytes bytes() const noexcept { return {block_.get() + begin_, size()}; }
    void drop_front(std::size_t count) noexcept;
    void clear() noexcept;

private:
    bool make_room(std::size_t count) noexcept;

    std::unique_ptr<std::uint8_t[]> block_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// The socket's side of the BIO. The BIO points to this object and must not outlive it.
struct TlsSocket {
    int fd = -1;
    RecordBuffer out;
    bool saw_end = false;  // TCP FIN
    int read_errno = 0;    // errno of a failed recv
    /// Set once the owner knows to continue reading when an end was announced with the last bytes (pipe.hpp), which is
    /// not the case in a handshake. A recv that returned less than requested has then emptied the socket, and the next
    /// one is not made (later bytes cause an event).
    bool short_recv_drains = false;
    /// Valid within one read of the pipe only: between two reads more bytes may have arrived, and their event may have
    /// been reported.
    bool drained = false;
    bool skipped = false;  // a recv was not made
    std::uint64_t system_calls = 0;

    /// Makes one or more sends, until `out` is empty or the socket is full.
    runtime::IoResult send_out() noexcept;
};

/// Makes the BIO. The caller owns it (an SSL takes it over with SSL_set_bio). Null if there is no memory.
BIO* make_tls_bio(TlsSocket& socket) noexcept;
/// The socket of a BIO that was made here; null for any other.
const TlsSocket* socket_of(BIO* bio) noexcept;

}  // namespace ferrotunnel::transport
