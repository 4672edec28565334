// Takes a body out of the bytes of a connection as they come, without copying: it says which of them are payload.
//
//     BodyReader body(head.body);
//     while (!input.empty() && body.state() == BodyState::more) {
//         const BodyReader::Piece piece = body.next(input);
//         forward(piece.payload);                  // a part of `input`, or empty
//         input.remove_prefix(piece.consumed);     // framing and payload
//     }
//     // complete: what is left of `input` belongs to the next message. refused: body.refusal().
//     // The connection ended: body.end_of_input() says whether the body did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/chunked.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

class BodyReader {
public:
    /// A body of no bytes, complete.
    BodyReader() noexcept : BodyReader(Body{}) {}
    explicit BodyReader(const Body& body) noexcept;

    struct Piece {
        std::size_t consumed = 0;
        std::string_view payload;  // of what was consumed
    };
    /// Takes one stretch of payload, with the framing before and behind it as far as it is there. Takes at least one
    /// byte while the state is `more` and `input` is not empty.
    Piece next(std::string_view input);

    BodyState state() const noexcept { return state_; }
    /// The stream has ended: true when that is where the body ends, which makes one that lasts until then complete.
    /// False: it was cut off, is refused as `truncated`, and must not look complete to anyone.
    bool end_of_input() noexcept;
    Refusal refusal() const noexcept { return refusal_of(fault_); }

    BodyKind kind() const noexcept { return kind_; }
    /// Payload that is still to come, where that is known: of `length`; of `chunked` in this chunk.
    std::uint64_t remaining() const noexcept;
    /// Of a chunked body that is complete; mostly empty. Forbidden names are gone. They live as long as this object.
    const Fields& trailers() const noexcept;

private:
    BodyKind kind_;
    BodyState state_;
    Fault fault_ = Fault::none;
    std::uint64_t left_ = 0;
    ChunkedDecoder chunks_;
};

}  // namespace ferrotunnel::http
