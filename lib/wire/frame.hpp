// Frames: the 8-byte header and the fixed payloads, bytes <-> values. docs/protocol.md is the definition.
//
//    0       2      3       4                8
//   +-------+------+-------+----------------+----------------+
//   | length| type | flags |   stream id    | payload ...    |    all big-endian; length counts only the payload
//   +-------+------+-------+----------------+----------------+
//
// Decoders return nullopt for bytes that are not such a frame; they never read beyond `payload` and never allocate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "net/ip_address.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::wire {

using StreamId = std::uint32_t;

enum class FrameType : std::uint8_t {
    data = 0,
    open = 1,
    opened = 2,
    credit = 3,
    reset = 4,
    datagram = 5,
    ping = 6,
    goaway = 7,
    control = 8,
    confirm = 9,  // of resumable sessions only
};
inline constexpr std::uint8_t frame_type_count = 10;

namespace flag {
inline constexpr std::uint8_t fin = 0x01;      // DATA: this direction ends with this frame
inline constexpr std::uint8_t blocked = 0x02;  // DATA: the sender's credit is used up and it has more to send
inline constexpr std::uint8_t abort = 0x01;    // RESET: overtakes, and drops what was queued
inline constexpr std::uint8_t ack = 0x01;      // PING: an answer
}  // namespace flag

struct FrameHeader {
    std::uint16_t length = 0;
    FrameType type = FrameType::data;
    std::uint8_t flags = 0;
    StreamId stream = 0;

    friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

/// Why a header is invalid; empty if it is valid. Only stateless rules: type, flags, length per type, stream 0 or not.
std::optional<Code> violation_of(const FrameHeader& header) noexcept;

void encode_header(const FrameHeader& header, std::uint8_t* at) noexcept;  // writes frame_header_bytes
/// Reads exactly frame_header_bytes. The type may be one that `violation_of` rejects.
FrameHeader decode_header(const std::uint8_t* at) noexcept;

/// The kind of a service. private_tcp has no public address: only the server itself dials it. Its streams are of kind
/// tcp.
enum class ServiceKind : std::uint8_t { tcp = 1, http = 2, udp = 3, tls = 4, private_tcp = 5 };

struct Open {
    std::uint32_t service = 0;
    ServiceKind kind = ServiceKind::tcp;
    net::Address visitor;
    std::uint32_t send_window = 0;     // credit that the opener uses: at most what the peer announced
    std::uint32_t receive_window = 0;  // credit that the opener grants
    Bytes metadata;                    // a CBOR map, or empty; a view
};

struct Reset {
    Code code = Code::none;
    std::uint64_t delivered = 0;  // bytes of the stream that reached the socket of the side that resets
};

struct Goaway {
    StreamId last = 0;
    Code code = Code::none;
    Bytes text;  // UTF-8 for a person; a view
};

/// The largest sizes of the fixed frames, header included.
inline constexpr std::size_t open_frame_max =
    limits::frame_header_bytes + 4 + 1 + 1 + 2 + 4 + 4 + 16 + 2 + limits::open_metadata_max;
inline constexpr std::size_t opened_frame_bytes = limits::frame_header_bytes + 4;
inline constexpr std::size_t credit_frame_bytes = limits::frame_header_bytes + 4;
inline constexpr std::size_t reset_frame_bytes = limits::frame_header_bytes + 2 + 8;
inline constexpr std::size_t confirm_frame_bytes = limits::frame_header_bytes + 8;
inline constexpr std::size_t ping_frame_bytes = limits::frame_header_bytes + limits::ping_payload_bytes;
inline constexpr std::size_t goaway_frame_max = limits::frame_header_bytes + 4 + 2 + limits::goaway_text_max;

/// Each writes a whole frame to `at` (which has room for the maximum above) and returns its size.
std::size_t encode_open(StreamId stream, const Open& open, std::uint8_t* at) noexcept;
std::size_t encode_opened(StreamId stream, std::uint32_t credit, std::uint8_t* at) noexcept;
std::size_t encode_credit(StreamId stream, std::uint32_t credit, std::uint8_t* at) noexcept;
std::size_t encode_reset(StreamId stream, const Reset& reset, bool abort, std::uint8_t* at) noexcept;
std::size_t encode_ping(std::uint64_t opaque, bool ack, std::uint8_t* at) noexcept;
std::size_t encode_confirm(std::uint64_t received, std::uint8_t* at) noexcept;
std::size_t encode_goaway(const Goaway& goaway, std::uint8_t* at) noexcept;

std::optional<Open> decode_open(Bytes payload) noexcept;
std::optional<std::uint32_t> decode_opened(Bytes payload) noexcept;
std::optional<std::uint32_t> decode_credit(Bytes payload) noexcept;
std::optional<Reset> decode_reset(Bytes payload) noexcept;
std::optional<std::uint64_t> decode_ping(Bytes payload) noexcept;
std::optional<std::uint64_t> decode_confirm(Bytes payload) noexcept;
std::optional<Goaway> decode_goaway(Bytes payload) noexcept;

}  // namespace ferrotunnel::wire
