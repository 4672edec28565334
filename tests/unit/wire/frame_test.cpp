#include "wire/frame.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "base/limits.hpp"
#include "support/seeded_random.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;
using namespace ferrotunnel::wire;
using test::from_hex;
using test::hex;
using test::to_hex;

namespace {

template <typename Encode>
std::string frame(std::size_t size_max, Encode encode) {
    std::vector<std::uint8_t> room(size_max);
    std::size_t size = encode(room.data());
    REQUIRE(size <= size_max);
    return to_hex(Bytes(room).first(size));
}

std::string header(const FrameHeader& value) {
    std::uint8_t bytes[limits::frame_header_bytes];
    encode_header(value, bytes);
    CHECK(decode_header(bytes) == value);
    return to_hex(bytes);
}

Address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) {
    return {4, port, {a, b, c, d}};
}

std::optional<Code> verdict(FrameType type, std::size_t length, std::uint8_t flags, StreamId stream) {
    return violation_of({static_cast<std::uint16_t>(length), type, flags, stream});
}

}  // namespace

// The bytes of docs/protocol.md.

TEST_CASE("headers have exactly these bytes") {
    CHECK(header({5, FrameType::data, flag::fin, 1}) == hex("0005 00 01 00000001"));
    CHECK(header({16'376, FrameType::data, flag::blocked, 0x7fff'ffff}) == hex("3ff8 00 02 7fffffff"));
    CHECK(header({0, FrameType::data, flag::fin | flag::blocked, 2}) == hex("0000 00 03 00000002"));
    CHECK(header({65'507, FrameType::datagram, 0, 3}) == hex("ffe3 05 00 00000003"));
    CHECK(header({16'384, FrameType::control, 0, 0}) == hex("4000 08 00 00000000"));
}

TEST_CASE("OPEN has exactly these bytes") {
    Open open{7, ServiceKind::tcp, v4(192, 0, 2, 1, 51'000), 65'536, 65'536, {}};
    CHECK(frame(open_frame_max, [&](auto* at) { return encode_open(1, open, at); }) ==
          hex("0016 01 00 00000001  00000007 01 04 c738 00010000 00010000 c0000201 0000"));

    open.receive_window = 8'192;
    open.visitor = {6, 443, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    std::vector<std::uint8_t> metadata = from_hex("a1 61 61 01");
    open.metadata = metadata;
    CHECK(frame(open_frame_max, [&](auto* at) { return encode_open(3, open, at); }) ==
          hex("0026 01 00 00000003  00000007 01 06 01bb 00010000 00002000 20010db8000000000000000000000001 0004 "
              "a1616101"));

    CHECK(frame(open_frame_max, [&](auto* at) {
              return encode_open(5, {9, ServiceKind::udp, {}, 0, 0, {}}, at);
          }) == hex("0012 01 00 00000005  00000009 03 00 0000 00000000 00000000 0000"));
}

TEST_CASE("the other frames have exactly these bytes") {
    CHECK(frame(opened_frame_bytes, [](auto* at) { return encode_opened(1, 196'608, at); }) ==
          hex("0004 02 00 00000001  00030000"));
    CHECK(frame(credit_frame_bytes, [](auto* at) { return encode_credit(1, 65'536, at); }) ==
          hex("0004 03 00 00000001  00010000"));
    CHECK(frame(credit_frame_bytes, [](auto* at) { return encode_credit(0, 8'192, at); }) ==
          hex("0004 03 00 00000000  00002000"));
    CHECK(frame(reset_frame_bytes, [](auto* at) {
              return encode_reset(1, {Code::connection_reset, 1'234}, false, at);
          }) == hex("000a 04 00 00000001  0006 00000000000004d2"));
    CHECK(frame(reset_frame_bytes, [](auto* at) {
              return encode_reset(1, {Code::cancelled, 0}, true, at);
          }) == hex("000a 04 01 00000001  0005 0000000000000000"));
    CHECK(frame(ping_frame_bytes, [](auto* at) { return encode_ping(0x0102030405060708, false, at); }) ==
          hex("0008 06 00 00000000  0102030405060708"));
    CHECK(frame(ping_frame_bytes, [](auto* at) { return encode_ping(0x0102030405060708, true, at); }) ==
          hex("0008 06 01 00000000  0102030405060708"));
    CHECK(frame(goaway_frame_max, [](auto* at) {
              return encode_goaway({limits::stream_id_max, Code::going_away, as_bytes("bye")}, at);
          }) == hex("0009 07 00 00000000  7fffffff 0007 627965"));
}

TEST_CASE("texts and metadata beyond their limit are cut by the encoder, never overrun") {
    std::string text(1'000, 'x');
    std::vector<std::uint8_t> room(goaway_frame_max);
    CHECK(encode_goaway({0, Code::protocol, as_bytes(text)}, room.data()) == goaway_frame_max);
    CHECK(decode_goaway(Bytes(room).subspan(8))->text.size() == limits::goaway_text_max);

    std::vector<std::uint8_t> metadata(2'000, 1);
    room.resize(open_frame_max);
    Open open{1, ServiceKind::tcp, {6, 1, {}}, 1, 2, metadata};
    CHECK(encode_open(1, open, room.data()) == open_frame_max);
    CHECK(decode_open(Bytes(room).subspan(8))->metadata.size() == limits::open_metadata_max);
}

TEST_CASE("each type has its lengths: at the limit and one past it") {
    struct Limit {
        FrameType type;
        std::size_t least, most;
        StreamId stream;
        std::uint8_t flags = 0;
    };
    const Limit all[] = {
        {FrameType::data, 0, limits::data_payload_max, 1, flag::fin},
        {FrameType::open, 18, 18 + 16 + limits::open_metadata_max, 1},
        {FrameType::opened, 4, 4, 1},
        {FrameType::credit, 4, 4, 1},
        {FrameType::credit, 4, 4, 0},
        {FrameType::reset, 10, 10, 1},
        {FrameType::datagram, 0, limits::datagram_payload_max, 1},
        {FrameType::ping, 8, 8, 0},
        {FrameType::goaway, 6, 6 + limits::goaway_text_max, 0},
        {FrameType::control, 1, limits::control_payload_max, 0},
        {FrameType::confirm, 8, 8, 0},
    };
    for (const Limit& limit : all) {
        CAPTURE(static_cast<int>(limit.type), limit.stream);
        CHECK(verdict(limit.type, limit.least, limit.flags, limit.stream) == std::nullopt);
        CHECK(verdict(limit.type, limit.most, limit.flags, limit.stream) == std::nullopt);
        CHECK(verdict(limit.type, limit.most + 1, limit.flags, limit.stream) == Code::frame_size);
        CHECK(verdict(limit.type, 65'535, limit.flags, limit.stream) == Code::frame_size);
        if (limit.least > 0) {
            CHECK(verdict(limit.type, limit.least - 1, limit.flags, limit.stream) == Code::frame_size);
        }
    }
}

TEST_CASE("an empty DATA says nothing unless it ends the direction") {
    CHECK(verdict(FrameType::data, 0, 0, 1) == Code::protocol);
    CHECK(verdict(FrameType::data, 0, flag::blocked, 1) == Code::protocol);
    CHECK(verdict(FrameType::data, 0, flag::fin | flag::blocked, 1) == std::nullopt);
    CHECK(verdict(FrameType::data, 1, 0, 1) == std::nullopt);
}

TEST_CASE("each type has its flags") {
    const std::uint8_t allowed[frame_type_count] = {0x03, 0, 0, 0, 0x01, 0, 0x01, 0, 0, 0};
    const std::size_t length[frame_type_count] = {1, 18, 4, 4, 10, 1, 8, 6, 1, 8};
    for (std::uint8_t type = 0; type < frame_type_count; ++type) {
        StreamId stream = type >= static_cast<std::uint8_t>(FrameType::ping) ? 0 : 1;
        for (int flags = 0; flags < 256; ++flags) {
            bool good = (flags & ~allowed[type]) == 0;
            CAPTURE(static_cast<int>(type), flags);
            CHECK(verdict(static_cast<FrameType>(type), length[type], static_cast<std::uint8_t>(flags), stream) ==
                  (good ? std::nullopt : std::optional(Code::protocol)));
        }
    }
}

TEST_CASE("each type belongs to a stream or to the session") {
    for (auto [type, length] : {std::pair{FrameType::data, 1},
                                {FrameType::open, 18},
                                {FrameType::opened, 4},
                                {FrameType::reset, 10},
                                {FrameType::datagram, 0}}) {
        auto size = static_cast<std::size_t>(length);
        CHECK(verdict(type, size, 0, 0) == Code::stream_id);
        CHECK(verdict(type, size, 0, limits::stream_id_max) == std::nullopt);
        CHECK(verdict(type, size, 0, limits::stream_id_max + 1) == Code::stream_id);
        CHECK(verdict(type, size, 0, 0xffff'ffff) == Code::stream_id);
    }
    for (auto [type, length] :
         {std::pair{FrameType::ping, 8}, {FrameType::goaway, 6}, {FrameType::control, 1}, {FrameType::confirm, 8}}) {
        CHECK(verdict(type, static_cast<std::size_t>(length), 0, 0) == std::nullopt);
        CHECK(verdict(type, static_cast<std::size_t>(length), 0, 1) == Code::stream_id);
    }
    CHECK(verdict(FrameType::credit, 4, 0, 0) == std::nullopt);
    CHECK(verdict(FrameType::credit, 4, 0, 1) == std::nullopt);
    CHECK(verdict(FrameType::credit, 4, 0, limits::stream_id_max + 1) == Code::stream_id);
}

TEST_CASE("a CONFIRM is a count of bytes") {
    std::array<std::uint8_t, confirm_frame_bytes> frame{};
    CHECK(encode_confirm(0x0123'4567'89ab'cdef, frame.data()) == frame.size());
    const std::vector<std::uint8_t> expected = from_hex("0008 09 00 00000000  0123456789abcdef");
    CHECK(std::equal(frame.begin(), frame.end(), expected.begin(), expected.end()));
    CHECK(decode_confirm(Bytes(frame).subspan(8)) == 0x0123'4567'89ab'cdefU);
    CHECK_FALSE(decode_confirm(Bytes(frame).subspan(9)));
    CHECK_FALSE(decode_confirm(frame));
}

TEST_CASE("types that are not defined are refused") {
    for (int type = frame_type_count; type < 256; ++type) {
        CHECK(verdict(static_cast<FrameType>(type), 0, 0, 0) == Code::protocol);
    }
}

TEST_CASE("payloads of a wrong shape are refused without reading beyond them") {
    CHECK_FALSE(decode_open(from_hex("00000007 01 05 c738 00010000 00010000 c0000201 0000")));     // family 5
    CHECK_FALSE(decode_open(from_hex("00000007 01 04 c738 00010000 00010000 c0000201 0001")));     // metadata missing
    CHECK_FALSE(decode_open(from_hex("00000007 01 04 c738 00010000 00010000 c0000201 0000 ff")));  // a byte too many
    CHECK_FALSE(decode_open(from_hex("00000007 01 06 c738 00010000 00010000 c0000201 0000")));     // address cut
    CHECK_FALSE(decode_open(from_hex("00000007 01 06 c738 00010000 00010000 c0000201c0000201c0000201 0000")));
    CHECK_FALSE(decode_open(from_hex("00000007 01 00 c738 00010000 00010000")));
    CHECK_FALSE(decode_open({}));
    std::vector<std::uint8_t> large = from_hex("00000007 01 00 0000 00010000 00010000 0401");
    large.resize(18 + limits::open_metadata_max + 1);
    CHECK_FALSE(decode_open(large));  // metadata one past its limit
    large.pop_back();
    large[17] = 0x00;
    CHECK(decode_open(large)->metadata.size() == limits::open_metadata_max);

    CHECK_FALSE(decode_credit(from_hex("000000")));
    CHECK_FALSE(decode_credit(from_hex("0000000000")));
    CHECK_FALSE(decode_opened({}));
    CHECK_FALSE(decode_reset(from_hex("0006 00000000000004")));
    CHECK_FALSE(decode_reset(from_hex("0006 00000000000004d2 00")));
    CHECK_FALSE(decode_ping(from_hex("01020304050607")));
    CHECK_FALSE(decode_ping(from_hex("010203040506070809")));
    CHECK_FALSE(decode_goaway(from_hex("7fffffff00")));
    CHECK_FALSE(decode_goaway(std::vector<std::uint8_t>(6 + limits::goaway_text_max + 1)));
    CHECK(decode_goaway(std::vector<std::uint8_t>(6 + limits::goaway_text_max)));
}

TEST_CASE("random values survive the way through bytes") {
    test::SeededRandom random(2);
    for (int round = 0; round < 20'000; ++round) {
        CAPTURE(round);
        auto id = static_cast<StreamId>(random.between(1, limits::stream_id_max));
        std::vector<std::uint8_t> metadata(random.below(3) == 0 ? random.below(limits::open_metadata_max + 1) : 0);
        random.fill(metadata);
        Open open{static_cast<std::uint32_t>(random.next()), static_cast<ServiceKind>(random.below(256)), {},
                  static_cast<std::uint32_t>(random.next()), static_cast<std::uint32_t>(random.next()),   metadata};
        open.visitor.family = std::uint8_t{std::array<std::uint8_t, 3>{0, 4, 6}[random.below(3)]};
        open.visitor.port = static_cast<std::uint16_t>(random.next());
        random.fill(MutableBytes(open.visitor.bytes).first(open.visitor.size()));

        std::vector<std::uint8_t> room(open_frame_max);
        Bytes whole = Bytes(room).first(encode_open(id, open, room.data()));
        FrameHeader seen = decode_header(whole.data());
        REQUIRE(violation_of(seen) == std::nullopt);
        REQUIRE(seen.stream == id);
        REQUIRE(seen.length == whole.size() - limits::frame_header_bytes);
        auto back = decode_open(whole.subspan(limits::frame_header_bytes));
        REQUIRE(back);
        REQUIRE(back->service == open.service);
        REQUIRE(back->kind == open.kind);
        REQUIRE(back->visitor == open.visitor);
        REQUIRE(back->send_window == open.send_window);
        REQUIRE(back->receive_window == open.receive_window);
        REQUIRE(to_hex(back->metadata) == to_hex(metadata));
        // Every shorter payload is refused: the length is part of the meaning.
        for (std::size_t cut = 0; cut + limits::frame_header_bytes < whole.size(); cut += 1 + cut / 16) {
            std::vector<std::uint8_t> exact(whole.begin() + limits::frame_header_bytes,
                                            whole.begin() + limits::frame_header_bytes + static_cast<long>(cut));
            REQUIRE_FALSE(decode_open(exact));
        }

        Reset reset{static_cast<Code>(random.below(65'536)), random.next()};
        encode_reset(id, reset, random.chance(50), room.data());
        auto reset_back = decode_reset(Bytes(room).subspan(8, 10));
        REQUIRE((reset_back->code == reset.code && reset_back->delivered == reset.delivered));
        auto credit = static_cast<std::uint32_t>(random.next());
        encode_credit(id, credit, room.data());
        REQUIRE(decode_credit(Bytes(room).subspan(8, 4)) == credit);
        std::uint64_t opaque = random.next();
        encode_ping(opaque, true, room.data());
        REQUIRE(decode_ping(Bytes(room).subspan(8, 8)) == opaque);
    }
}
