// Extracts a body from the bytes of a connection as they arrive, without copying: it reports which of them are payload.
//
//     BodyReader body(head.body);
//     while (!input.empty() && body.state() == BodyState::more) {
//         const BodyReader::Piece piece = body.next(input);
//         forward(piece.payload);                  // a part of `input`, or empty
//         input.remove_prefix(piece.consumed);     // framing and payload
//     }
//     // complete: the rest of `input` belongs to the next message. refused: body.refusal().
//     // The connection ended: body.end_of_input() returns whether the body did.
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
    /// An empty body, complete from the start.
    BodyReader() noexcept : BodyReader(Body{}) {}
    explicit BodyReader(const Body& body) noexcept;

    struct Piece {
        std::size_t consumed = 0;
        std::string_view payload;  // a part of the consumed bytes
    };
    /// Takes one stretch of payload, with the framing before and after it as far as that has arrived. Takes at least
    /// one byte while the state is `more` and `input` is not empty.
    Piece next(std::string_view input);

    BodyState state() const noexcept { return state_; }
    /// Reports that the stream has ended. True if the body ends there as well; this completes a body that lasts until
    /// the end of the stream. False: the body was cut off, is refused as `truncated`, and must not look complete to
    /// anyone.
    bool end_of_input() noexcept;
    Refusal refusal() const noexcept { return refusal_of(fault_); }

    BodyKind kind() const noexcept { return kind_; }
    /// The payload that is still missing, if known: of the body for `length`, of this chunk for `chunked`.
    std::uint64_t remaining() const noexcept;
    /// The trailers of a complete chunked body, without forbidden names; usually empty. They live as long as this
    /// object.
    const Fields& trailers() const noexcept;

private:
    BodyKind kind_;
    BodyState state_;
    Fault fault_ = Fault::none;
    std::uint64_t left_ = 0;
    ChunkedDecoder chunks_;
};

}  // namespace ferrotunnel::http
