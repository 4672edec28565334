// Bytes of a visitor into a whole connection of HTTP/2. The input's first byte says where the rest is cut, how much
// room the output has, and what the user of the session does; the greeting is given before it, so that nearly all
// inputs get to frames. Whatever comes: a request that is given out is one text of HTTP/1.1, or was refused; what was
// consumed comes back; the session ends when it says so, and its answers are whole.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/server_session.hpp"
#include "http/body_reader.hpp"
#include "http/request_parser.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

namespace {

struct Stream final : h2::ServerStream {
    void on_body(std::string_view bytes) override {
        require(has_body && !ended && !closed);
        waiting += bytes.size();
    }
    void on_body_end(std::string_view trailers) override {
        require(has_body && !ended);
        ended = true;
        if (!trailers.empty()) {
            http::BodyReader reader(http::Body{http::BodyKind::chunked, 0});
            while (!trailers.empty() && reader.state() == http::BodyState::more) {
                trailers.remove_prefix(reader.next(trailers).consumed);
            }
            require(trailers.empty());
        }
    }
    void on_answer_sent() noexcept override {
        require(has_body && !ended && !closed);
        answer_sent = true;
    }
    void on_closed(std::uint32_t /*code*/) noexcept override { closed = true; }
    h2::Supply supply(std::size_t most) override {
        require(!closed);
        const std::size_t size = std::min(most, left);
        return {h2::Supply::Kind::bytes, size, size == left, {}};
    }
    void give(std::string_view header, std::size_t size) override {
        require(header.size() == 9 && size <= left);
        left -= size;
        *output += header.size() + size;
    }

    std::size_t waiting = 0;
    std::size_t left = 30'000;
    std::size_t* output = nullptr;
    bool has_body = false;
    bool ended = false;
    bool closed = false;
    bool answer_sent = false;
};

struct User final : h2::ServerUser {
    explicit User(std::uint8_t how_in) : how(how_in) {}

    h2::ServerStream* on_request(h2::RequestText& text, http::Fault fault, bool has_body) override {
        if ((how & 8U) != 0 && streams.size() % 5 == 4) {
            return nullptr;
        }
        if (fault == http::Fault::none) {
            http::RequestParser parser;
            const http::ParseState state = parser.parse(text.text());
            require(state != http::ParseState::more);
            if (state == http::ParseState::complete) {
                require(parser.size() == text.text().size());
                require(parser.head().version == http::Version::http11);
                require(parser.head().fields.count(http::FieldName::connection) == 0);
                require(has_body || parser.head().body.kind != http::BodyKind::chunked);
            }
        }
        auto stream = std::make_unique<Stream>();
        stream->has_body = has_body;
        stream->output = &output;
        streams.push_back(std::move(stream));
        return streams.back().get();
    }
    void on_end_acknowledged() noexcept override {}
    bool has_room() const noexcept override { return output < room; }

    std::uint8_t how;
    std::size_t output = 0;
    std::size_t room = SIZE_MAX;
    std::vector<std::unique_ptr<Stream>> streams;
};

void take(h2::ServerSession& session, User& user) {
    while (user.has_room()) {
        const std::string_view bytes = session.next_output({});
        if (bytes.empty()) {
            return;
        }
        user.output += bytes.size();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::uint8_t how = data[0];
    std::string input("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
    input.append(reinterpret_cast<const char*>(data) + 1, size - 1);
    User user(how);
    h2::ServerLimits limits;
    limits.streams = 10;
    limits.head.head_bytes_max = 2'000;
    h2::ServerSession session(limits, user);
    std::size_t at = 0;
    const std::size_t piece = 1 + (how >> 4U) * 37U;
    while (at < input.size() && !session.failed()) {
        const std::size_t taken = session.receive(std::string_view(input).substr(at, piece), {});
        require(taken <= input.size() - at);
        at += taken;
        user.room = (how & 4U) != 0 ? user.output + 10'000 : SIZE_MAX;
        std::size_t open = 0;
        for (const auto& stream : user.streams) {
            open += stream->closed ? 0 : 1;
            if (!stream->closed && std::exchange(stream->answer_sent, false)) {
                if ((how & 1U) != 0) {
                    require(session.consume_all(*stream) == std::exchange(stream->waiting, 0));
                } else {
                    session.reset(*stream, NGHTTP2_NO_ERROR);
                }
            }
            if (!stream->closed && stream->waiting > 0 && (how & 1U) != 0) {
                session.consumed(*stream, std::exchange(stream->waiting, 0));
            }
            if (!stream->closed && (how & 2U) != 0 && stream->left == 30'000) {
                std::string head = "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n";
                h2::FieldList fields;
                h2::read_answer({head.data(), head.size()}, fields);
                session.answer(*stream, fields, true);
                --stream->left;  // answered once
            }
        }
        require(open <= limits.streams);
        take(session, user);
        require(taken > 0 || session.failed() || user.output >= user.room);
    }
    user.room = SIZE_MAX;
    take(session, user);
    require(!session.failed() || session.is_over());
    return 0;
}
