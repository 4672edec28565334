// The data at the front of a stream, as much as one write to the other end, or one inspection, covers.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::trunk {

/// The reason for a refusal when an end exists, but there is no memory to begin with it.
inline constexpr std::string_view no_memory_text = "out of memory";

inline constexpr std::size_t pieces_max = 64;
using Pieces = std::array<Bytes, pieces_max>;

/// Fills `pieces` with waiting data, up to the first item that is not data. The views are valid until that data is
/// consumed.
inline std::span<const Bytes> gather_inbound(mux::Stream& stream, Pieces& pieces) {
    std::size_t count = 0;
    stream.for_each_inbound([&](mux::StreamItem& item) {  // the queue may be long
        if (item.kind != mux::StreamItem::Kind::data) {
            return false;
        }
        pieces[count++] = item.slice.bytes();
        return count < pieces_max;
    });
    return {pieces.data(), count};
}

}  // namespace ferrotunnel::trunk
