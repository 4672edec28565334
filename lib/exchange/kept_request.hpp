// A request as it was sent, head and body, kept for as long as it can be sent once more.
#pragma once

#include <cstddef>
#include <vector>

#include "base/limits.hpp"
#include "buffer/slab.hpp"

namespace ferrotunnel::exchange {

/// What all requests of a worker keep, and the most. Beyond `max` they keep nothing of what is sent, and a request that
/// meets the end of its backend's connection then is answered with 502. A head that waits for a connection to its
/// backend is not sent yet: it is kept, and counts. Beyond `waiting_max`, 4 KiB for each visitor that a server takes,
/// new requests are answered with 503.
struct KeptBytes {
    std::size_t now = 0;
    static constexpr std::size_t max = 16 << 20;
    static constexpr std::size_t waiting_max = 64 << 20;
};

class KeptRequest {
public:
    /// `all`: of the worker. It outlives this.
    explicit KeptRequest(KeptBytes& all) noexcept : all_(all) {}
    KeptRequest(const KeptRequest&) = delete;
    KeptRequest& operator=(const KeptRequest&) = delete;
    ~KeptRequest() { forget(); }

    /// False: something of it was let go, and it can not be sent once more.
    bool is_whole() const noexcept { return is_whole_; }

    /// A piece of the head, which comes first.
    void add_head(buffer::Slice piece);
    /// A piece of the body. `is_sent`: a stream has it, so that all may be forgotten where it takes too much.
    void add_body(const buffer::Slice& piece, std::size_t most, bool is_sent);
    /// Calls `send(piece, is_first)` for all of it.
    template <typename Send>
    void for_each(Send send) const {
        send(head_.share(0, head_.size()), true);
        for (const buffer::Slice& piece : others_) {
            send(piece.share(0, piece.size()), false);
        }
    }
    void forget() noexcept;

private:
    static std::size_t cost_of(const buffer::Slice& piece) noexcept {
        return piece.size() + limits::http_replay_piece_cost;
    }
    void count(const buffer::Slice& piece) noexcept;

    KeptBytes& all_;
    buffer::Slice head_;                 // its first piece: most requests have no other
    std::vector<buffer::Slice> others_;  // in their order
    std::size_t bytes_ = 0;              // held against the most that a request may keep
    std::size_t counted_ = 0;            // in `all_`
    bool is_whole_ = true;
};

}  // namespace ferrotunnel::exchange
