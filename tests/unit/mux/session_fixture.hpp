// One session and a hand in place of its peer: frames are fed as bytes, and what the session sends is read as frames.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mux/session.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::mux::test {

using namespace std::chrono_literals;
using wire::Code;
using wire::FrameType;
using wire::StreamId;

/// A frame as it was seen on the wire.
struct Frame {
    wire::FrameHeader header;
    std::vector<std::uint8_t> payload;

    bool is(FrameType type, StreamId stream) const { return header.type == type && header.stream == stream; }
    wire::Goaway goaway() const { return wire::decode_goaway(payload).value(); }
    wire::Reset reset() const { return wire::decode_reset(payload).value(); }
    wire::Open open() const { return wire::decode_open(payload).value(); }
    std::uint32_t credit() const { return wire::decode_credit(payload).value(); }
};

// --- what the hand writes -------------------------------------------------------------------------------------------

using Raw = std::vector<std::uint8_t>;

inline Raw raw_frame(FrameType type, std::uint8_t flags, StreamId stream, const Raw& payload) {
    Raw raw(limits::frame_header_bytes + payload.size());
    wire::encode_header({static_cast<std::uint16_t>(payload.size()), type, flags, stream}, raw.data());
    std::copy(payload.begin(), payload.end(), raw.begin() + limits::frame_header_bytes);
    return raw;
}
inline Raw data_frame(StreamId stream, std::size_t bytes, std::uint8_t flags = 0, std::uint8_t fill = 'd') {
    return raw_frame(FrameType::data, flags, stream, Raw(bytes, fill));
}
inline Raw fin_frame(StreamId stream) {
    return data_frame(stream, 0, wire::flag::fin);
}
inline Raw open_frame(StreamId stream, std::uint32_t service = 0, std::uint32_t send_window = limits::first_window,
                      std::uint32_t receive_window = limits::first_window) {
    Raw raw(wire::open_frame_max);
    wire::Open open;
    open.service = service;
    open.send_window = send_window;
    open.receive_window = receive_window;
    raw.resize(wire::encode_open(stream, open, raw.data()));
    return raw;
}
inline Raw opened_frame(StreamId stream, std::uint32_t credit) {
    Raw raw(wire::opened_frame_bytes);
    wire::encode_opened(stream, credit, raw.data());
    return raw;
}
inline Raw credit_frame(StreamId stream, std::uint32_t credit) {
    Raw raw(wire::credit_frame_bytes);
    wire::encode_credit(stream, credit, raw.data());
    return raw;
}
inline Raw reset_frame(StreamId stream, Code code, bool abort, std::uint64_t delivered = 0) {
    Raw raw(wire::reset_frame_bytes);
    wire::encode_reset(stream, {code, delivered}, abort, raw.data());
    return raw;
}
inline Raw ping_frame(std::uint64_t opaque, bool ack) {
    Raw raw(wire::ping_frame_bytes);
    wire::encode_ping(opaque, ack, raw.data());
    return raw;
}
inline Raw goaway_frame(StreamId last, Code code, std::string_view text = "") {
    Raw raw(wire::goaway_frame_max);
    raw.resize(wire::encode_goaway({last, code, as_bytes(text)}, raw.data()));
    return raw;
}
inline Raw control_frame(std::size_t bytes) {
    return raw_frame(FrameType::control, 0, 0, Raw(bytes, 'c'));
}
inline Raw datagram_frame(StreamId stream, std::size_t bytes) {
    return raw_frame(FrameType::datagram, 0, stream, Raw(bytes, 'u'));
}
inline Raw operator+(Raw left, const Raw& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// --- the session and its surroundings -------------------------------------------------------------------------------

/// Counts wakes, and runs an action in each wake when there is one.
class CountingWaker final : public buffer::Waker {
public:
    void wake() noexcept override {
        ++count;
        if (action) {
            action();
        }
    }
    std::atomic<int> count{0};  // wakes may come from any thread
    std::function<void()> action;
};

class Recorder final : public SessionEvents {
public:
    void on_control(Bytes message) override { controls.emplace_back(as_text(message)); }
    void on_open(IntrusivePtr<Stream> stream, const wire::Open& open) override {
        stream->attach(waker, foreign);
        opens.push_back(open);
        opens.back().metadata = {};
        if (take) {
            take(*stream);
        }
        opened.push_back(std::move(stream));
    }
    void on_goaway(Code code, std::string_view text) override { goaways.emplace_back(code, text); }
    void on_drained() override { ++drained; }
    void on_rotate_due() override { ++rotate_due; }
    void on_stall(const Stall& stall) override { stalls.push_back(stall); }
    void on_room() override {
        if (room) {
            room();
        }
    }

    std::vector<std::string> controls;
    std::vector<Stall> stalls;
    std::vector<IntrusivePtr<Stream>> opened;
    std::vector<wire::Open> opens;
    std::vector<std::pair<Code, std::string>> goaways;
    int drained = 0;
    int rotate_due = 0;
    bool foreign = false;
    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    std::function<void(Stream&)> take;
    std::function<void()> room;
};

inline Settings server_settings() {
    Settings settings;
    settings.role = Role::server;
    return settings;
}
inline Settings client_settings() {
    return {};
}

class SessionFixture {
public:
    explicit SessionFixture(const Settings& settings_in = server_settings(), bool establish = true)
        : settings(settings_in),
          scope(pool),
          session(std::make_unique<Session>(settings, events, waker, pool, random, now)) {
        if (establish) {
            session->establish({});
            answer_pings();
        }
    }
    ~SessionFixture() {
        session->check_invariants();
        events.opened.clear();
    }

    /// The peer's bytes, in one read from a slab of their own (or several, when they are many).
    void feed(const Raw& bytes) {
        std::size_t at = 0;
        while (at < bytes.size()) {
            std::size_t n = std::min<std::size_t>(bytes.size() - at, buffer::slab_bytes);
            buffer::SlabPtr slab = pool.acquire(session->ledger().get());
            std::memcpy(slab->data(), bytes.data() + at, n);
            session->receive(buffer::Slice(slab, 0, static_cast<std::uint32_t>(n)), now);
            session->check_invariants();
            at += n;
        }
    }

    /// Feeds reads that come one behind the other, before the session looks around.
    void feed_in_one_turn(std::initializer_list<Raw> reads) {
        for (const Raw& bytes : reads) {
            buffer::SlabPtr slab = pool.acquire(session->ledger().get());
            std::memcpy(slab->data(), bytes.data(), bytes.size());
            session->take(buffer::Slice(slab, 0, static_cast<std::uint32_t>(bytes.size())), now);
        }
        session->settle();
        session->check_invariants();
    }

    /// Produces one batch, as frames.
    std::vector<Frame> produce_batch() {
        Batch batch(pool);
        session->produce(batch, now);
        session->check_invariants();
        Raw bytes;
        for (Bytes piece : batch.pieces()) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        }
        session->written(bytes.size(), now);
        return cut(bytes);
    }
    /// Produces everything that the session wants to send now.
    std::vector<Frame> produce() {
        std::vector<Frame> all;
        while (session->has_output()) {
            std::vector<Frame> some = produce_batch();
            if (some.empty()) {
                break;
            }
            std::move(some.begin(), some.end(), std::back_inserter(all));
        }
        return all;
    }
    /// Answers every ping that the session sends; the other frames are dropped.
    void answer_pings() {
        for (const Frame& frame : produce()) {
            if (frame.header.type == FrameType::ping && (frame.header.flags & wire::flag::ack) == 0) {
                feed(ping_frame(wire::decode_ping(frame.payload).value(), true));
            }
        }
    }

    Result<IntrusivePtr<Stream>, Code> try_open(std::uint32_t service = 0) {
        Session::OpenRequest request;
        request.service = service;
        return session->open(request, stream_waker, foreign, now);
    }
    IntrusivePtr<Stream> open(std::uint32_t service = 0) { return try_open(service).value(); }

    void send(Stream& stream, std::size_t bytes, std::uint8_t fill = 's') {
        while (bytes > 0) {
            std::size_t n = std::min(bytes, limits::data_payload_max);
            stream.send(buffer::Slice::copy_of(Raw(n, fill)), false);
            bytes -= n;
        }
        stream.flush();
    }
    /// Takes everything that a stream has received; returns the bytes of data.
    static std::size_t take_all(Stream& stream) {
        std::size_t bytes = 0;
        while (StreamItem* item = stream.front()) {
            bytes += item->kind == StreamItem::Kind::data ? item->slice.size() : 0;
            stream.drop_front();
        }
        (void)stream.try_park_receive();
        return bytes;
    }

    void tick_after(Duration time) {
        now += time;
        session->tick(now);
        session->check_invariants();
    }
    Code failure_code() const { return session->failure() ? session->failure()->code : Code::none; }

    static std::vector<Frame> cut(const Raw& bytes) {
        std::vector<Frame> frames;
        std::size_t at = 0;
        while (at < bytes.size()) {
            Frame frame;
            frame.header = wire::decode_header(bytes.data() + at);
            at += limits::frame_header_bytes;
            frame.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(at + frame.header.length));
            at += frame.header.length;
            frames.push_back(std::move(frame));
        }
        return frames;
    }

    Settings settings;
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope;
    ferrotunnel::test::SeededRandom random{1};
    Recorder events;
    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    IntrusivePtr<CountingWaker> stream_waker = make_intrusive<CountingWaker>();
    TimePoint now = TimePoint{} + 1000h;
    bool foreign = false;
    std::unique_ptr<Session> session;
};

/// The frames of one type, in order.
inline std::vector<Frame> of_type(const std::vector<Frame>& frames, FrameType type) {
    std::vector<Frame> found;
    for (const Frame& frame : frames) {
        if (frame.header.type == type) {
            found.push_back(frame);
        }
    }
    return found;
}
inline std::size_t payload_bytes(const std::vector<Frame>& frames, StreamId stream) {
    std::size_t bytes = 0;
    for (const Frame& frame : frames) {
        bytes += frame.is(FrameType::data, stream) ? frame.payload.size() : 0;
    }
    return bytes;
}

}  // namespace ferrotunnel::mux::test
