#include "inspect/messages.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "inspect/limits.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::uint8_t opcode_text = 1;
constexpr std::uint8_t opcode_close = 8;
constexpr std::uint8_t opcode_ping = 9;
constexpr std::uint8_t opcode_pong = 10;
constexpr std::uint64_t control_payload_max = 125;

void append_within(std::string& text, std::string_view bytes, bool& cut) {
    const std::size_t room = limits::inspect_message_max - std::min(limits::inspect_message_max, text.size());
    text.append(bytes.substr(0, room));
    cut = cut || bytes.size() > room;
}

}  // namespace

bool WebSocketReader::feed(std::string_view bytes, const OnMessage& on_message) {
    while (!bytes.empty() || in_payload_) {
        if (!in_payload_) {
            if (!read_head(bytes)) {
                return true;  // more has to arrive
            }
            if (!begin_frame()) {
                return false;
            }
            in_payload_ = true;
        }
        const std::size_t size = std::min<std::uint64_t>(bytes.size(), frame_.size - frame_.at);
        take_payload(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (frame_.at < frame_.size) {
            return true;
        }
        end_frame(on_message);
        in_payload_ = false;
    }
    return true;
}

// Collects the head of a frame. True if it is complete.
bool WebSocketReader::read_head(std::string_view& bytes) {
    for (;;) {
        std::size_t wanted = 2;
        if (head_size_ >= 2) {
            const std::uint8_t length = head_[1] & 0x7fU;
            wanted += length == 126 ? 2U : length == 127 ? 8U : 0U;
            wanted += (head_[1] & 0x80U) != 0 ? 4U : 0U;
            if (head_size_ == wanted) {
                return true;
            }
        }
        if (bytes.empty()) {
            return false;
        }
        head_[head_size_++] = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
    }
}

bool WebSocketReader::begin_frame() {
    frame_ = {};
    frame_.opcode = head_[0] & 0x0fU;
    frame_.is_last = (head_[0] & 0x80U) != 0;
    frame_.is_compressed = (head_[0] & 0x40U) != 0;
    frame_.is_masked = (head_[1] & 0x80U) != 0;
    const std::uint8_t length = head_[1] & 0x7fU;
    frame_.size = length == 126   ? load_be<2>(head_.data() + 2)
                  : length == 127 ? load_be<8>(head_.data() + 2)
                                  : std::uint64_t{length};
    if (frame_.is_masked) {
        std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(head_size_ - 4), 4, frame_.key.begin());
    }
    head_size_ = 0;
    const bool has_opcode = frame_.opcode <= 2 || (frame_.opcode >= opcode_close && frame_.opcode <= opcode_pong);
    if ((head_[0] & 0x30U) != 0 || !has_opcode || (frame_.opcode == 0) != in_message_) {
        return is_control() && has_opcode && (head_[0] & 0x30U) == 0 && frame_.size <= control_payload_max;
    }
    if (is_control()) {
        return frame_.size <= control_payload_max;
    }
    if (frame_.opcode != 0) {
        message_ = {};
        message_.kind = frame_.opcode == opcode_text ? Message::Kind::text : Message::Kind::binary;
        message_.compressed = frame_.is_compressed;
        in_message_ = true;
    }
    return frame_.size < (std::uint64_t{1} << 63U);
}

void WebSocketReader::take_payload(std::string_view bytes) {
    const bool is_text = is_control() || (message_.kind == Message::Kind::text && !message_.compressed);
    if (is_text) {
        std::string plain(bytes.substr(0, limits::inspect_message_max));
        for (std::size_t i = 0; frame_.is_masked && i < plain.size(); ++i) {
            plain[i] = static_cast<char>(static_cast<std::uint8_t>(plain[i]) ^ frame_.key[(frame_.at + i) % 4]);
        }
        if (is_control()) {
            control_ += plain;
        } else {
            append_within(message_.text, plain, message_.cut);
            message_.cut = message_.cut || plain.size() < bytes.size();
        }
    }
    frame_.at += bytes.size();
    if (!is_control()) {
        message_.bytes += bytes.size();
    }
}

void WebSocketReader::end_frame(const OnMessage& on_message) {
    if (is_control()) {
        Message message;
        message.kind = frame_.opcode == opcode_close  ? Message::Kind::close
                       : frame_.opcode == opcode_ping ? Message::Kind::ping
                                                      : Message::Kind::pong;
        message.bytes = frame_.size;
        if (frame_.opcode == opcode_close && control_.size() >= 2) {
            const auto code = load_be<2>(reinterpret_cast<const std::uint8_t*>(control_.data()));
            message.text = std::to_string(code);
            message.text.append(control_.size() > 2 ? " " : "").append(control_, 2);
        }
        std::string().swap(control_);
        on_message(std::move(message));
    } else if (frame_.is_last) {
        in_message_ = false;
        on_message(std::exchange(message_, {}));
    }
}

void EventReader::feed(std::string_view bytes, const OnMessage& on_message) {
    while (!bytes.empty()) {
        if (std::exchange(after_return_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t end = bytes.find_first_of("\r\n");
        const std::string_view part = bytes.substr(0, end);
        append_within(event_.text, part, event_.cut);
        line_bytes_ += part.size();
        event_.bytes += part.size();
        if (end == std::string_view::npos) {
            return;
        }
        after_return_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        end_line(on_message);
    }
}

void EventReader::end_line(const OnMessage& on_message) {
    if (std::exchange(line_bytes_, 0) > 0) {
        append_within(event_.text, "\n", event_.cut);
        ++event_.bytes;
        return;
    }
    if (event_.bytes > 0) {
        event_.kind = Message::Kind::event;
        if (event_.text.ends_with('\n')) {
            event_.text.pop_back();
        }
        on_message(std::exchange(event_, {}));
    }
}

}  // namespace ferrotunnel::inspect
