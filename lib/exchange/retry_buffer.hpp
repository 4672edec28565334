// A copy of a request, head and body, as it is sent: kept until there is a stream for it, and then as long as it can be
// sent again.
#pragma once

#include <cstddef>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "buffer/slab.hpp"

namespace ferrotunnel::exchange {

/// Bytes that all exchanges of a worker keep of their requests, heads and bodies, to send them again, and the limits.
/// Beyond `max` they keep nothing of what is sent, and a request whose backend closes the connection is answered with
/// 502. A head that waits for a connection to its backend is not sent yet: it is kept, and counts. Beyond
/// `waiting_max`, 4 KiB for each visitor that a server accepts, new requests are answered with 503.
struct RetryMemory {
    std::size_t now = 0;
    static constexpr std::size_t max = 16 << 20;
    static constexpr std::size_t waiting_max = 64 << 20;
};

class RetryBuffer {
public:
    /// `all` counts what the worker's requests keep together. It outlives this copy.
    explicit RetryBuffer(RetryMemory& all) noexcept : all_(all) {}
    RetryBuffer(const RetryBuffer&) = delete;
    RetryBuffer& operator=(const RetryBuffer&) = delete;
    ~RetryBuffer() { forget(); }

    /// Whether the copy is complete. False if it was dropped, and the request cannot be sent again.
    bool is_whole() const noexcept { return is_whole_; }

    /// Adds a piece of the head, which comes first.
    void add_head(buffer::Slice piece);
    /// Adds a piece of the body. `most`: how much of one request may be kept. `is_sent`: a stream has the request, so
    /// the copy may be dropped if it uses too much.
    void add_body(const buffer::Slice& piece, std::size_t most, bool is_sent) {
        if (is_whole_) {
            keep(piece, most, is_sent);
        }
    }
    /// Calls `send(piece, is_first)` for each piece in order. Only while the copy is whole.
    template <typename Send>
    void for_each(Send send) const {
        check(is_whole_, "a request that was let go is sent again");
        send(head_.share(0, head_.size()), true);
        for (const buffer::Slice& piece : others_) {
            send(piece.share(0, piece.size()), false);
        }
    }
    void forget() noexcept;
    /// Begins another copy, which is empty.
    void restart() noexcept {
        forget();
        bytes_ = 0;
        is_whole_ = true;
    }

private:
    static std::size_t cost_of(const buffer::Slice& piece) noexcept {
        return piece.size() + limits::http_replay_piece_cost;
    }
    void keep(const buffer::Slice& piece, std::size_t most, bool is_sent);
    void count(const buffer::Slice& piece) noexcept;

    RetryMemory& all_;
    buffer::Slice head_;                 // the first piece: most requests have no other
    std::vector<buffer::Slice> others_;  // all other pieces in order
    std::size_t bytes_ = 0;              // compared with the limit for one request
    std::size_t counted_ = 0;            // this copy's part of `all_`
    bool is_whole_ = true;
};

}  // namespace ferrotunnel::exchange
