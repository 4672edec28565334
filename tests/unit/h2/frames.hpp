// Frames of HTTP/2 as a visitor writes them, byte by byte, and what a session makes of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/server_session.hpp"

namespace ferrotunnel::h2::test {

enum Type : std::uint8_t {
    data = 0,
    headers = 1,
    priority = 2,
    rst_stream = 3,
    settings = 4,
    push_promise = 5,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9,
    priority_update = 16
};
inline constexpr std::uint8_t end_stream = 1;
inline constexpr std::uint8_t ack = 1;
inline constexpr std::uint8_t end_headers = 4;

inline std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) {
        text += static_cast<char>(value >> (8 * i));
    }
    return text;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const std::string& payload = {}) {
    return number(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + number(stream, 4) + payload;
}

/// HPACK's integer with a prefix of 7 bits.
inline std::string hpack_length(std::size_t size) {
    if (size < 127) {
        return {static_cast<char>(size)};
    }
    std::string text(1, '\x7f');
    for (size -= 127; size >= 128; size /= 128) {
        text += static_cast<char>(size % 128 + 128);
    }
    return text + static_cast<char>(size);
}

/// A field as a literal that is not indexed.
inline std::string field(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + hpack_length(name.size()) + name + hpack_length(value.size()) + value;
}

inline std::string request_fields(const std::string& method = "GET", const std::string& path = "/") {
    return field(":method", method) + field(":scheme", "https") + field(":path", path) +
           field(":authority", "app.test");
}

inline std::string request(std::uint32_t stream, bool ends = true, const std::string& more = {}) {
    return frame(headers, static_cast<std::uint8_t>(end_headers | (ends ? end_stream : 0)), stream,
                 request_fields(ends ? "GET" : "POST") + more);
}

inline std::string hello() {
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settings, 0, 0);
}

/// A stream that keeps what it is told, and answers with what it was given.
struct KeptStream final : ServerStream {
    void on_body(std::string_view bytes) override { body += bytes; }
    void on_body_end(std::string_view end) override {
        ended = true;
        trailers = end;
    }
    void on_answer_sent() noexcept override { answer_sent = true; }
    void on_closed(std::uint32_t code) noexcept override {
        closed = true;
        close_code = code;
    }
    Supply supply(std::size_t most) override {
        ++asked;
        if (breaks) {
            return {Supply::Kind::broken, 0, false, {}, break_code};
        }
        if (answer.empty() && !answer_ends) {
            return {};
        }
        const std::size_t size = std::min(most, answer.size());
        Supply supply{Supply::Kind::bytes, size, answer_ends && size == answer.size(), {}};
        if (supply.is_end && !answer_trailers.empty()) {
            read_trailers({answer_trailers.data(), answer_trailers.size()}, supply.trailers);
        }
        return supply;
    }
    void give(std::string_view frame_header, std::size_t size) override {
        output->append(frame_header).append(answer.substr(0, size));
        answer.erase(0, size);
    }

    bool answer_sent = false;  // before the end of the request
    std::string head;
    std::string body;
    std::string trailers;
    std::string answer;
    std::string answer_trailers;
    std::string* output = nullptr;
    int asked = 0;
    std::uint32_t close_code = 0;
    std::uint32_t break_code = NGHTTP2_INTERNAL_ERROR;
    bool has_body = false;
    bool ended = false;
    bool closed = false;
    bool answer_ends = false;
    bool breaks = false;
};

struct Sent {
    std::uint8_t type;
    std::uint8_t flags;
    std::uint32_t stream;
    std::string payload;
};

/// A session with a visitor who writes bytes.
struct Rig final : ServerUser {
    explicit Rig(const ServerLimits& limits = {}) { session = std::make_unique<ServerSession>(limits, *this); }

    ServerStream* on_request(RequestText& text, http::Fault fault, bool has_body) override {
        if (refuses) {
            return nullptr;
        }
        auto stream = std::make_unique<KeptStream>();
        stream->head = fault == http::Fault::none ? std::string(text.text()) : "fault";
        stream->has_body = has_body;
        stream->output = &output;
        streams.push_back(std::move(stream));
        return streams.back().get();
    }
    void on_end_acknowledged() noexcept override { end_seen = true; }
    bool has_room() const noexcept override { return output.size() < room; }

    /// Gives bytes in pieces of that size, as often as the session pauses; the output is taken behind each.
    void send(const std::string& bytes, std::size_t piece = 16'376) {
        for (std::size_t at = 0; at < bytes.size() && !session->failed();) {
            at += session->receive(std::string_view(bytes).substr(at, piece), now);
            take();
        }
    }
    void take() {
        while (has_room()) {
            const std::string_view bytes = session->next_output(now);
            if (bytes.empty()) {
                return;
            }
            output += bytes;
        }
    }
    /// The frames that were sent since the last call.
    std::vector<Sent> frames() {
        std::vector<Sent> all;
        const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(output[i])); };
        std::size_t i = 0;
        while (i + 9 <= output.size()) {
            const std::size_t size = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
            const std::uint32_t stream = at(i + 5) << 24U | at(i + 6) << 16U | at(i + 7) << 8U | at(i + 8);
            all.push_back({static_cast<std::uint8_t>(at(i + 3)), static_cast<std::uint8_t>(at(i + 4)), stream,
                           output.substr(i + 9, size)});
            i += 9 + size;
        }
        output.erase(0, i);
        return all;
    }
    std::size_t count(std::uint8_t type) {
        const std::vector<Sent> all = frames();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](const Sent& sent) { return sent.type == type; }));
    }
    void answer(KeptStream& stream, bool has_body) {
        std::string head = "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n";
        FieldList fields;
        read_answer({head.data(), head.size()}, fields);
        session->answer(stream, fields, has_body);
    }

    TimePoint now{};
    std::string output;
    std::size_t room = SIZE_MAX;
    bool refuses = false;
    bool end_seen = false;
    std::vector<std::unique_ptr<KeptStream>> streams;
    std::unique_ptr<ServerSession> session;
};

}  // namespace ferrotunnel::h2::test
