#include "ingress/output_queue.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::ingress {

using runtime::IoResult;
using runtime::IoStatus;

namespace {

/// The most pieces that an idle connection keeps room for.
constexpr std::size_t kept_pieces_max = 8;

}  // namespace

void OutputQueue::add_text(std::string_view text) {
    check(text.size() <= text_max, "a text of the output queue is short");
    Piece& piece = pieces_.emplace_back();
    std::memcpy(piece.text.data(), text.data(), text.size());
    piece.text_end = static_cast<std::uint8_t>(text.size());
    bytes_ += text.size();
}

void OutputQueue::add(buffer::Slice slice) {
    bytes_ += slice.size();
    if (!empty() && pieces_.back().slice.empty() && pieces_.back().text_at < pieces_.back().text_end) {
        pieces_.back().slice = std::move(slice);
        return;
    }
    pieces_.emplace_back().slice = std::move(slice);
}

void OutputQueue::add_copy(std::string_view text) {
    if (!text.empty()) {
        add(buffer::Slice::copy_of(as_bytes(text)));
    }
}

IoStatus OutputQueue::write(transport::Pipe& pipe) noexcept {
    written_ = 0;
    while (!empty()) {
        std::array<Bytes, 2 * pieces_max> gathered;
        std::size_t count = 0;
        for (std::size_t i = first_; i < pieces_.size() && count + 2 <= gathered.size(); ++i) {
            const Piece& piece = pieces_[i];
            if (piece.text_at < piece.text_end) {
                gathered[count++] =
                    as_bytes(std::string_view(piece.text.data(), piece.text_end)).subspan(piece.text_at);
            }
            if (!piece.slice.empty()) {
                gathered[count++] = piece.slice.bytes();
            }
        }
        const IoResult result = pipe.write({gathered.data(), count});
        advance(result.bytes);
        if (result.status != IoStatus::ok) {
            return result.status;
        }
    }
    return pipe.has_pending() ? pipe.flush() : IoStatus::ok;
}

void OutputQueue::advance(std::size_t bytes) noexcept {
    bytes_ -= bytes;
    written_ += bytes;
    while (bytes > 0) {
        Piece& piece = pieces_[first_];
        const std::size_t text = std::min<std::size_t>(bytes, piece.text_end - piece.text_at);
        piece.text_at = static_cast<std::uint8_t>(piece.text_at + text);
        bytes -= text;
        const std::size_t data = std::min<std::size_t>(bytes, piece.slice.size());
        piece.slice.drop_front(static_cast<std::uint32_t>(data));
        bytes -= data;
        if (piece.text_at == piece.text_end && piece.slice.empty()) {
            piece.slice = {};
            ++first_;
        }
    }
    if (empty()) {
        clear();
    } else if (first_ >= pieces_max) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void OutputQueue::clear() noexcept {
    pieces_.clear();
    if (pieces_.capacity() > kept_pieces_max) {
        std::vector<Piece>().swap(pieces_);
    }
    first_ = 0;
    bytes_ = 0;
}

}  // namespace ferrotunnel::ingress
