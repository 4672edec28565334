#include "wire/frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace ferrotunnel::wire {
namespace {

using limits::frame_header_bytes;

// Rules of each type, indexed by FrameType: payload length, flags, and whether it belongs to the session (stream 0).
struct Rule {
    std::size_t length_min;
    std::size_t length_max;
    std::uint8_t flags;
    enum class On : std::uint8_t { stream, session, either } on;
};

constexpr std::size_t open_fixed = 4 + 1 + 1 + 2 + 4 + 4 + 2;  // without address or metadata

constexpr std::array<Rule, frame_type_count> frame_rules{{
    {0, limits::data_payload_max, flag::fin | flag::blocked, Rule::On::stream},
    {open_fixed, open_fixed + 16 + limits::open_metadata_max, 0, Rule::On::stream},
    {4, 4, 0, Rule::On::stream},
    {4, 4, 0, Rule::On::either},
    {10, 10, flag::abort, Rule::On::stream},
    {0, limits::datagram_payload_max, 0, Rule::On::stream},
    {limits::ping_payload_bytes, limits::ping_payload_bytes, flag::ack, Rule::On::session},
    {6, 6 + limits::goaway_text_max, 0, Rule::On::session},
    {1, limits::control_payload_max, 0, Rule::On::session},
    {8, 8, 0, Rule::On::session},
}};

// Appends big-endian values after the space of the header, which is written last, when the length is known.
class FrameWriter {
public:
    explicit FrameWriter(std::uint8_t* at) noexcept : start_(at), at_(at + frame_header_bytes) {}

    template <std::size_t N>
    void put(std::uint64_t value) noexcept {
        store_be<N>(at_, value);
        at_ += N;
    }
    void put(Bytes bytes) noexcept {
        if (!bytes.empty()) {
            std::memcpy(at_, bytes.data(), bytes.size());
        }
        at_ += bytes.size();
    }
    std::size_t finish(FrameType type, std::uint8_t flags, StreamId stream) noexcept {
        auto total = static_cast<std::size_t>(at_ - start_);
        encode_header({static_cast<std::uint16_t>(total - frame_header_bytes), type, flags, stream}, start_);
        return total;
    }

private:
    std::uint8_t* start_;
    std::uint8_t* at_;
};

}  // namespace

std::optional<Code> violation_of(const FrameHeader& header) noexcept {
    auto type = static_cast<std::size_t>(header.type);
    if (type >= frame_rules.size()) {
        return Code::protocol;
    }
    const Rule& rule = frame_rules[type];
    if ((header.flags & ~rule.flags) != 0) {
        return Code::protocol;
    }
    if (header.length < rule.length_min || header.length > rule.length_max) {
        return Code::frame_size;
    }
    bool session = header.stream == 0;
    if ((rule.on == Rule::On::session && !session) || (rule.on == Rule::On::stream && session) ||
        header.stream > limits::stream_id_max) {
        return Code::stream_id;
    }
    // An empty DATA that does not end the direction has no meaning, but would use a slot in the receiver's queue for
    // free.
    if (header.type == FrameType::data && header.length == 0 && (header.flags & flag::fin) == 0) {
        return Code::protocol;
    }
    return std::nullopt;
}

void encode_header(const FrameHeader& header, std::uint8_t* at) noexcept {
    store_be<2>(at, header.length);
    at[2] = static_cast<std::uint8_t>(header.type);
    at[3] = header.flags;
    store_be<4>(at + 4, header.stream);
}

FrameHeader decode_header(const std::uint8_t* at) noexcept {
    return {static_cast<std::uint16_t>(load_be<2>(at)), static_cast<FrameType>(at[2]), at[3],
            static_cast<StreamId>(load_be<4>(at + 4))};
}

std::size_t encode_open(StreamId stream, const Open& open, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<4>(open.service);
    writer.put<1>(static_cast<std::uint8_t>(open.kind));
    writer.put<1>(open.visitor.family);
    writer.put<2>(open.visitor.port);
    writer.put<4>(open.send_window);
    writer.put<4>(open.receive_window);
    writer.put(Bytes{open.visitor.bytes.data(), open.visitor.size()});
    Bytes metadata = open.metadata.first(std::min(open.metadata.size(), limits::open_metadata_max));
    writer.put<2>(metadata.size());
    writer.put(metadata);
    return writer.finish(FrameType::open, 0, stream);
}

std::size_t encode_opened(StreamId stream, std::uint32_t credit, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<4>(credit);
    return writer.finish(FrameType::opened, 0, stream);
}

std::size_t encode_credit(StreamId stream, std::uint32_t credit, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<4>(credit);
    return writer.finish(FrameType::credit, 0, stream);
}

std::size_t encode_reset(StreamId stream, const Reset& reset, bool abort, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<2>(static_cast<std::uint16_t>(reset.code));
    writer.put<8>(reset.delivered);
    return writer.finish(FrameType::reset, abort ? flag::abort : std::uint8_t{0}, stream);
}

std::size_t encode_ping(std::uint64_t opaque, bool ack, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<8>(opaque);
    return writer.finish(FrameType::ping, ack ? flag::ack : std::uint8_t{0}, 0);
}

std::size_t encode_confirm(std::uint64_t received, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<8>(received);
    return writer.finish(FrameType::confirm, 0, 0);
}

std::size_t encode_goaway(const Goaway& goaway, std::uint8_t* at) noexcept {
    FrameWriter writer(at);
    writer.put<4>(goaway.last);
    writer.put<2>(static_cast<std::uint16_t>(goaway.code));
    writer.put(goaway.text.first(std::min(goaway.text.size(), limits::goaway_text_max)));
    return writer.finish(FrameType::goaway, 0, 0);
}

std::optional<Open> decode_open(Bytes payload) noexcept {
    if (payload.size() < open_fixed) {
        return std::nullopt;
    }
    Open open;
    const std::uint8_t* at = payload.data();
    open.service = static_cast<std::uint32_t>(load_be<4>(at));
    open.kind = static_cast<ServiceKind>(at[4]);
    open.visitor.family = at[5];
    open.visitor.port = static_cast<std::uint16_t>(load_be<2>(at + 6));
    open.send_window = static_cast<std::uint32_t>(load_be<4>(at + 8));
    open.receive_window = static_cast<std::uint32_t>(load_be<4>(at + 12));
    if (open.visitor.family != 0 && open.visitor.family != 4 && open.visitor.family != 6) {
        return std::nullopt;
    }
    std::size_t address = open.visitor.size();
    if (payload.size() < open_fixed + address) {
        return std::nullopt;
    }
    std::copy_n(at + 16, address, open.visitor.bytes.begin());
    auto metadata = static_cast<std::size_t>(load_be<2>(at + 16 + address));
    if (metadata > limits::open_metadata_max || payload.size() != open_fixed + address + metadata) {
        return std::nullopt;
    }
    open.metadata = payload.last(metadata);
    return open;
}

std::optional<std::uint32_t> decode_opened(Bytes payload) noexcept {
    return decode_credit(payload);
}

std::optional<std::uint32_t> decode_credit(Bytes payload) noexcept {
    if (payload.size() != 4) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(load_be<4>(payload.data()));
}

std::optional<Reset> decode_reset(Bytes payload) noexcept {
    if (payload.size() != 10) {
        return std::nullopt;
    }
    return Reset{static_cast<Code>(load_be<2>(payload.data())), load_be<8>(payload.data() + 2)};
}

std::optional<std::uint64_t> decode_ping(Bytes payload) noexcept {
    if (payload.size() != limits::ping_payload_bytes) {
        return std::nullopt;
    }
    return load_be<8>(payload.data());
}

std::optional<std::uint64_t> decode_confirm(Bytes payload) noexcept {
    if (payload.size() != 8) {
        return std::nullopt;
    }
    return load_be<8>(payload.data());
}

std::optional<Goaway> decode_goaway(Bytes payload) noexcept {
    if (payload.size() < 6 || payload.size() > 6 + limits::goaway_text_max) {
        return std::nullopt;
    }
    return Goaway{static_cast<StreamId>(load_be<4>(payload.data())), static_cast<Code>(load_be<2>(payload.data() + 4)),
                  payload.subspan(6)};
}

}  // namespace ferrotunnel::wire
