// The input is a trunk's bytes: frames behind each other. Each accepted frame, decoded and encoded again, must be the
// same bytes, so a decoder that reads too much, too little or the wrong place cannot pass.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "require.hpp"
#include "wire/frame.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::wire;

namespace {

void require_same(Bytes frame, const std::vector<std::uint8_t>& room, std::size_t size) {
    require(size == frame.size() && std::memcmp(room.data(), frame.data(), size) == 0);
}

void check_frame(const FrameHeader& header, Bytes frame) {
    // A copy of its own, so that AddressSanitizer sees a read beyond the payload.
    const std::vector<std::uint8_t> copy(frame.begin() + limits::frame_header_bytes, frame.end());
    const Bytes payload(copy);
    std::vector<std::uint8_t> room(open_frame_max);
    switch (header.type) {
        case FrameType::open:
            if (auto open = decode_open(payload)) {
                require_same(frame, room, encode_open(header.stream, *open, room.data()));
            }
            return;
        case FrameType::opened:
            if (auto credit = decode_opened(payload)) {
                require_same(frame, room, encode_opened(header.stream, *credit, room.data()));
            }
            return;
        case FrameType::credit:
            if (auto credit = decode_credit(payload)) {
                require_same(frame, room, encode_credit(header.stream, *credit, room.data()));
            }
            return;
        case FrameType::reset:
            if (auto reset = decode_reset(payload)) {
                require_same(frame, room,
                             encode_reset(header.stream, *reset, (header.flags & flag::abort) != 0, room.data()));
            }
            return;
        case FrameType::ping:
            if (auto opaque = decode_ping(payload)) {
                require_same(frame, room, encode_ping(*opaque, (header.flags & flag::ack) != 0, room.data()));
            }
            return;
        case FrameType::goaway:
            if (auto goaway = decode_goaway(payload)) {
                require_same(frame, room, encode_goaway(*goaway, room.data()));
            }
            return;
        case FrameType::confirm:
            if (auto received = decode_confirm(payload)) {
                require_same(frame, room, encode_confirm(*received, room.data()));
            }
            return;
        case FrameType::data:
        case FrameType::datagram:
        case FrameType::control:
            return;
    }
    std::abort();  // violation_of lets no other type through
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes rest(data, size);
    while (rest.size() >= limits::frame_header_bytes) {
        const FrameHeader header = decode_header(rest.data());
        std::uint8_t again[limits::frame_header_bytes];
        encode_header(header, again);
        require(std::memcmp(again, rest.data(), sizeof again) == 0);

        const std::size_t total = limits::frame_header_bytes + header.length;
        if (violation_of(header) || total > rest.size()) {
            return 0;
        }
        check_frame(header, rest.first(total));
        rest = rest.subspan(total);
    }
    return 0;
}
