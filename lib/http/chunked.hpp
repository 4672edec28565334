// The chunked transfer coding: a decoder that works on slices as they arrive, and the frames that an encoder writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "http/edits.hpp"
#include "http/field_reader.hpp"
#include "http/fields.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

enum class BodyState : std::uint8_t { more, complete, refused };

/// Decodes a chunked body. Most users want BodyReader, which contains one.
class ChunkedDecoder {
public:
    ChunkedDecoder() noexcept = default;

    struct Piece {
        std::size_t consumed = 0;
        std::size_t payload_at = 0;  // within the consumed bytes
        std::size_t payload_size = 0;
    };
    /// Takes the framing up to the next stretch of payload, and that stretch; all of `input` if it has no payload.
    Piece next(std::string_view input);

    BodyState state() const noexcept { return state_; }
    Fault fault() const noexcept { return fault_; }
    std::uint64_t chunk_remaining() const noexcept { return phase_ == Phase::data ? left_ : 0; }
    /// The trailers that may be forwarded; those that frame, route, authenticate or forward a message are dropped.
    const Fields& trailers() const noexcept;

private:
    // size --> [extension] --CR--> size_line_feed --LF--> data --> data_return --CR--> data_line_feed --LF--> size
    //                                                \--of the last chunk--> trailers_start --CR--> last_line_feed
    //                                                                              \--> trailers
    enum class Phase : std::uint8_t {
        size,
        extension,
        size_line_feed,
        data,
        data_return,
        data_line_feed,
        trailers_start,
        last_line_feed,
        trailers,
    };
    // *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
    enum class Extension : std::uint8_t {
        before,  // whitespace was seen, so there must be a ';'
        name_start,
        name,
        name_end,  // whitespace after the name
        value_start,
        token,
        quoted,
        escaped,
        value_end,
    };
    // The state of a trailer section, which few messages have.
    struct Trailers;
    struct DeleteTrailers {
        void operator()(Trailers* trailers) const noexcept;
    };

    std::size_t read_framing(std::string_view input);
    Fault read_byte(char byte) noexcept;
    Fault read_size(char byte) noexcept;
    Fault read_extension(char byte) noexcept;
    Fault read_extension_name(char byte) noexcept;
    Fault start_extension(char byte) noexcept;
    Fault end_of_size_line(char byte) noexcept;
    std::size_t read_trailers(std::string_view input);
    void refuse(Fault fault) noexcept;

    std::uint64_t left_ = 0;
    std::uint16_t extension_bytes_ = 0;
    std::uint8_t digits_ = 0;
    Phase phase_ = Phase::size;
    Extension extension_ = Extension::before;
    BodyState state_ = BodyState::more;
    Fault fault_ = Fault::none;
    std::unique_ptr<Trailers, DeleteTrailers> trailers_;
};

/// The line before the data of a chunk: its size in hexadecimal and a line end. `chunk_end` follows the data.
class ChunkHead {
public:
    /// `size` must not be 0: a chunk without bytes is the last one.
    explicit ChunkHead(std::uint64_t size) noexcept;
    std::string_view text() const noexcept { return {text_.data() + at_, text_.size() - at_}; }

private:
    static constexpr std::size_t room = limits::http_chunk_size_digits_max + 2;
    std::array<char, room> text_;
    std::size_t at_;
};

inline constexpr std::string_view chunk_end = "\r\n";
/// Ends a chunked body without trailers; with trailers, write_trailers() writes the whole end.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Writes the last chunk and `trailers`. Returns the number of bytes needed; if that is more than `into` has, they did
/// not fit. Trailers that `edits` would drop from a head are left out, and so are those in `connection`: the
/// connection_names() of the head.
std::size_t write_trailers(const Fields& trailers, std::span<char> into, const Edits* edits = nullptr,
                           std::string_view connection = {}) noexcept;

/// The names in the Connection fields of a head that could be sent as trailers, like "X-Hop, y"; usually none.
std::string connection_names(const Fields& fields);

}  // namespace ferrotunnel::http
