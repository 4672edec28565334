#include "exchange/retry_buffer.hpp"

#include <utility>

namespace ferrotunnel::exchange {

void RetryBuffer::add_head(buffer::Slice piece) {
    count(piece);
    bytes_ += piece.size();
    if (head_.empty()) {
        head_ = std::move(piece);
    } else {
        others_.push_back(std::move(piece));
    }
}

void RetryBuffer::keep(const buffer::Slice& piece, std::size_t most, bool is_sent) {
    bytes_ += cost_of(piece);
    if (is_sent && (bytes_ > most || all_.now + cost_of(piece) > RetryMemory::max)) {
        forget();
        return;
    }
    others_.push_back(piece.share(0, piece.size()));
    count(piece);
}

void RetryBuffer::forget() noexcept {
    is_whole_ = false;
    head_ = {};
    others_.clear();
    all_.now -= std::exchange(counted_, 0);
}

void RetryBuffer::count(const buffer::Slice& piece) noexcept {
    counted_ += cost_of(piece);
    all_.now += cost_of(piece);
}

}  // namespace ferrotunnel::exchange
