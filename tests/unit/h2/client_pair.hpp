// A connection to a backend and a backend in memory, with the tunnel between tests and them.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h2/client_connection.hpp"
#include "support/h2_backend.hpp"

namespace ferrotunnel::h2::test {

using ferrotunnel::test::H2Backend;
using ferrotunnel::test::H2Fields;

// The two ends in one place. Bytes of the tunnel wait in `input`, and those of answers come to `answers`, as far as the
// tunnel takes them.
struct Pair {
    explicit Pair(std::uint32_t window = 65'535) : backend(window) {}

    // Passes everything on, in pieces of at most `piece` bytes, until nothing moves.
    void run() {
        for (bool moves = true; moves;) {
            moves = feed();
            moves = to_backend() || moves;
            moves = from_backend() || moves;
            moves = give() || moves;
        }
    }
    void ask(std::string_view bytes) {
        input.append(bytes);
        run();
    }
    bool feed() {
        const std::size_t size = std::min(piece, input.size());
        const std::size_t taken = size == 0 ? 0 : client.feed(as_bytes(std::string_view(input).substr(0, size)));
        input.erase(0, taken);
        return taken > 0;
    }
    bool to_backend() {
        const Bytes output = client.output();
        if (output.empty() || backend_is_stuck) {
            return false;
        }
        const std::size_t size = std::min(piece, output.size());
        CHECK(backend.receive(as_text(output.first(size))));
        client.sent(size);
        return true;
    }
    bool from_backend() {
        wire += backend.output();
        if (wire.empty() || !client.may_receive()) {
            return false;
        }
        const std::size_t size = std::min(piece, wire.size());
        client.receive(as_bytes(std::string_view(wire).substr(0, size)));
        wire.erase(0, size);
        return true;
    }
    bool give() {
        std::vector<std::uint8_t> room(std::min<std::size_t>({piece, tunnel_takes, std::size_t{16'376}}));
        const std::size_t given = room.empty() ? 0 : client.give(room);
        answers.append(as_text(Bytes(room).first(given)));
        tunnel_takes -= given;
        return given > 0;
    }
    std::string taken_answers() { return std::exchange(answers, {}); }

    ClientConnection client{"http"};
    H2Backend backend;
    std::size_t piece = SIZE_MAX;
    std::size_t tunnel_takes = SIZE_MAX;
    bool backend_is_stuck = false;
    std::string input;
    std::string wire;
    std::string answers;
};

inline std::string text_of_size(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + i * 7 % 26);
    }
    return text;
}

// The body of an answer in chunks, and what follows it.
inline std::pair<std::string, std::string> unchunked(std::string_view text) {
    std::string body;
    while (true) {
        const std::size_t line = text.find("\r\n");
        const std::size_t size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
        text.remove_prefix(line + 2);
        if (size == 0) {
            return {body, std::string(text)};
        }
        body += text.substr(0, size);
        CHECK(text.substr(size, 2) == "\r\n");
        text.remove_prefix(size + 2);
    }
}

inline const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: App.Example.com\r\nX-One: 1\r\n\r\n";
inline const H2Fields ok{{":status", "200"}, {"content-type", "text/plain"}};

}  // namespace ferrotunnel::h2::test
