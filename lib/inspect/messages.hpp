// Messages of a WebSocket or an event stream: bytes in as they arrive, messages out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "inspect/exchange.hpp"

namespace ferrotunnel::inspect {

using OnMessage = std::function<void(Message&&)>;

/// One direction of a WebSocket. It holds at most one message's text (limits::inspect_message_max), and only while that
/// is incomplete.
class WebSocketReader {
public:
    /// False if this is not a WebSocket, and nothing more can be read.
    bool feed(std::string_view bytes, const OnMessage& on_message);

private:
    struct Frame {
        std::uint8_t opcode = 0;
        bool is_last = false;
        bool is_compressed = false;
        bool is_masked = false;
        std::array<std::uint8_t, 4> key{};
        std::uint64_t at = 0;  // bytes of the payload that have arrived
        std::uint64_t size = 0;
    };

    bool read_head(std::string_view& bytes);
    bool begin_frame();
    void take_payload(std::string_view bytes);
    void end_frame(const OnMessage& on_message);
    bool is_control() const noexcept { return frame_.opcode >= 8; }

    std::array<std::uint8_t, 14> head_{};
    std::size_t head_size_ = 0;
    bool in_payload_ = false;
    Frame frame_;
    Message message_;  // of data, which may have several frames
    bool in_message_ = false;
    std::string control_;
};

/// An event stream (text/event-stream): the parts between empty lines. It holds one event at most.
class EventReader {
public:
    void feed(std::string_view bytes, const OnMessage& on_message);

private:
    void end_line(const OnMessage& on_message);

    Message event_;
    std::size_t line_bytes_ = 0;
    bool after_return_ = false;
};

}  // namespace ferrotunnel::inspect
