// Output that waits to be written to a visitor: slices as they came out of streams, with short texts (heads of chunks)
// before them, written together by gathered sends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "buffer/slab.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

class OutputQueue {
public:
    /// Nothing more should be added beyond one of these bounds: data that a visitor does not read stays in the stream,
    /// which holds back the backend.
    static constexpr std::size_t pieces_max = 64;
    static constexpr std::size_t bytes_max = 64 * 1024;
    static constexpr std::size_t text_max = 22;

    bool has_room() const noexcept { return bytes_ < bytes_max && pieces_.size() - first_ < pieces_max; }
    bool empty() const noexcept { return first_ == pieces_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

    /// Adds at most `text_max` bytes, which are copied.
    void add_text(std::string_view text);
    void add(buffer::Slice slice);
    void add_copy(std::string_view text);

    /// Writes until the pipe accepts no more. `ok`: everything has left, including what was within the pipe.
    runtime::IoStatus write(transport::Pipe& pipe) noexcept;
    void clear() noexcept;
    /// The number of bytes in the last write.
    std::size_t written() const noexcept { return written_; }

private:
    struct Piece {
        buffer::Slice slice;  // after the text
        std::array<char, text_max> text;
        std::uint8_t text_at = 0;
        std::uint8_t text_end = 0;
    };

    void advance(std::size_t bytes) noexcept;

    std::vector<Piece> pieces_;
    std::size_t first_ = 0;
    std::size_t bytes_ = 0;
    std::size_t written_ = 0;
};

}  // namespace ferrotunnel::ingress
