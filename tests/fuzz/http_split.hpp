// What the HTTP fuzz targets share: an input that itself chooses where it is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_reader.hpp"
#include "http/chunked.hpp"
#include "http/field_reader.hpp"
#include "require.hpp"

namespace ferrotunnel::fuzz {

/// The first two bytes choose among options and cuts, the rest is the message.
struct Input {
    std::uint8_t options = 0;
    std::uint8_t cuts = 0;
    std::string_view message;

    static Input of(const std::uint8_t* data, std::size_t size) {
        if (size < 2) {
            return {};
        }
        return {data[0], data[1], {reinterpret_cast<const char*>(data) + 2, size - 2}};
    }

    /// The message in pieces of 1 to 16 bytes, or the like, from a seed; each piece in memory of its own, so that a
    /// read beyond it shows.
    std::vector<std::string> pieces() const {
        std::vector<std::string> all;
        std::uint32_t state = cuts * 2'654'435'761U + 1;
        for (std::size_t at = 0; at < message.size();) {
            state = state * 1'664'525U + 1'013'904'223U;
            const std::size_t size = 1 + (state >> 24) % (1 + cuts % 17U);
            all.emplace_back(message.substr(at, size));
            at += size;
        }
        return all;
    }
};

/// A copy in memory of exactly that size, which a sanitizer guards.
inline std::vector<char> guarded(std::string_view text) {
    return {text.begin(), text.end()};
}

inline std::string_view view(const std::vector<char>& bytes) {
    return {bytes.data(), bytes.size()};
}

// Reads a body: appends its content to `body` and what follows it to `rest`. Every piece must lie within the input.
inline void read_body(http::BodyReader& reader, std::string_view input, std::string& body, std::string& rest) {
    while (!input.empty() && reader.state() == http::BodyState::more) {
        const http::BodyReader::Piece piece = reader.next(input);
        require(piece.consumed > 0 && piece.consumed <= input.size());
        require(piece.payload.empty() || (piece.payload.data() >= input.data() &&
                                          piece.payload.data() + piece.payload.size() <= input.data() + input.size()));
        body += piece.payload;
        input.remove_prefix(piece.consumed);
    }
    if (reader.state() == http::BodyState::complete) {
        rest += input;
    }
}

/// Parses a head that comes in these pieces; `next` is the first one that was not needed, and `head` what the parser
/// has seen last.
template <typename Parser>
http::ParseState read_head(Parser& parser, const std::vector<std::string>& pieces, std::size_t& next,
                           std::vector<char>& head) {
    std::string received;
    http::ParseState state = http::ParseState::more;
    while (state == http::ParseState::more && next < pieces.size()) {
        received += pieces[next++];
        head = guarded(received);  // at another address each time
        state = parser.parse(view(head));
    }
    return state;
}

/// Reads a body that begins with `first` and continues with the pieces from `next` on.
inline void read_body(http::BodyReader& reader, std::string_view first, const std::vector<std::string>& pieces,
                      std::size_t next, std::string& body, std::string& rest) {
    read_body(reader, first, body, rest);
    for (; next < pieces.size(); ++next) {
        const std::vector<char> piece = guarded(pieces[next]);
        read_body(reader, view(piece), body, rest);
    }
}

/// A body in this framing; `end` is what comes after the last chunk.
inline std::string framed(const http::Body& framing, const std::string& body, std::string_view end) {
    if (framing.kind != http::BodyKind::chunked) {
        return body;
    }
    std::string sent;
    if (!body.empty()) {
        sent += std::string(http::ChunkHead(body.size()).text()) + body + std::string(http::chunk_end);
    }
    return sent + std::string(end);
}

}  // namespace ferrotunnel::fuzz
