#include "http/body_reader.hpp"

#include <algorithm>

namespace ferrotunnel::http {

BodyReader::BodyReader(const Body& body) noexcept
    : kind_(body.kind), state_(BodyState::more), left_(body.kind == BodyKind::length ? body.length : 0) {
    if (kind_ == BodyKind::none || (kind_ == BodyKind::length && left_ == 0)) {
        state_ = BodyState::complete;
    }
}

BodyReader::Piece BodyReader::next(std::string_view input) {
    if (state_ != BodyState::more) {
        return {};
    }
    if (kind_ == BodyKind::chunked) {
        const ChunkedDecoder::Piece piece = chunks_.next(input);
        state_ = chunks_.state();
        fault_ = chunks_.fault();
        return {piece.consumed, input.substr(piece.payload_at, piece.payload_size)};
    }
    std::size_t taken = input.size();
    if (kind_ == BodyKind::length) {
        taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, taken));
        left_ -= taken;
        state_ = left_ == 0 ? BodyState::complete : BodyState::more;
    }
    return {taken, input.substr(0, taken)};
}

bool BodyReader::end_of_input() noexcept {
    if (state_ == BodyState::more) {
        const bool ends = kind_ == BodyKind::until_close;
        state_ = ends ? BodyState::complete : BodyState::refused;
        fault_ = ends ? Fault::none : Fault::truncated;
    }
    return state_ == BodyState::complete;
}

std::uint64_t BodyReader::remaining() const noexcept {
    return kind_ == BodyKind::chunked ? chunks_.chunk_remaining() : left_;
}

const Fields& BodyReader::trailers() const noexcept {
    return chunks_.trailers();
}

}  // namespace ferrotunnel::http
