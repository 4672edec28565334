// The chunked transfer coding: a decoder that works on slices as they come, and the frames that an encoder writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/field_reader.hpp"
#include "http/fields.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

enum class BodyState : std::uint8_t { more, complete, refused };

/// Most users want BodyReader, which has this inside.
class ChunkedDecoder {
public:
    ChunkedDecoder() noexcept = default;

    struct Piece {
        std::size_t consumed = 0;
        std::size_t payload_at = 0;  // in what was consumed
        std::size_t payload_size = 0;
    };
    /// Takes framing up to the next stretch of payload, and that stretch; all of `input` when there is none.
    Piece next(std::string_view input);

    BodyState state() const noexcept { return state_; }
    Fault fault() const noexcept { return fault_; }
    std::uint64_t chunk_remaining() const noexcept { return phase_ == Phase::data ? left_ : 0; }
    /// Those that may be forwarded; what frames, routes, authenticates or forwards a message is dropped.
    const Fields& trailers() const noexcept;

private:
    enum class Phase : std::uint8_t {
        size,            // of a chunk; no digit yet, or some
        extension,       // after the size, see ChunkExtensions in the source
        size_line_feed,  // CR was seen
        data,
        data_return,  // the CR behind the data
        data_line_feed,
        trailers,  // field lines up to the empty line
    };
    // What few messages have.
    struct Trailers;
    struct DeleteTrailers {
        void operator()(Trailers* trailers) const noexcept;
    };

    void refuse(Fault fault) noexcept;
    std::size_t read_frame(std::string_view input);
    void read_extension(char byte) noexcept;
    std::size_t read_trailers(std::string_view input);

    Phase phase_ = Phase::size;
    BodyState state_ = BodyState::more;
    Fault fault_ = Fault::none;
    std::uint8_t digits_ = 0;
    std::uint8_t extension_phase_ = 0;
    std::uint16_t extension_bytes_ = 0;
    std::uint64_t left_ = 0;
    std::unique_ptr<Trailers, DeleteTrailers> trailers_;
};

/// What stands before the data of a chunk: its size in hexadecimal and a line end. Behind the data stands `chunk_end`.
class ChunkHead {
public:
    /// `size` is not 0: a chunk of no bytes is the last one.
    explicit ChunkHead(std::uint64_t size) noexcept;
    std::string_view text() const noexcept { return {text_.data() + at_, text_.size() - at_}; }

private:
    std::array<char, 18> text_;
    std::size_t at_;
};

inline constexpr std::string_view chunk_end = "\r\n";
/// Ends a chunked body that has no trailers; with trailers, write_trailers() writes all that ends it.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Writes the last chunk and `trailers`. Answers how many bytes that takes; more than `into` has means it did not fit.
std::size_t write_trailers(const Fields& trailers, std::span<char> into) noexcept;

}  // namespace ferrotunnel::http
