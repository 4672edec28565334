// What a visitor asks of the backend. The first byte of a connection decides: D and eight bytes of length: send that
// many bytes; U and a length: take that many and answer one byte; anything else comes back as it is (E, by habit).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace load {

constexpr char download = 'D';
constexpr char upload = 'U';
constexpr std::size_t header_bytes = 9;
constexpr std::size_t request_bytes = 64;
constexpr std::size_t buffer_bytes = 256 * 1024;

using Header = std::array<char, header_bytes>;
using Request = std::array<char, request_bytes>;

inline Header header_of(char what, std::uint64_t length) {
    Header header;
    header[0] = what;
    std::memcpy(header.data() + 1, &length, sizeof length);
    return header;
}

inline std::uint64_t length_of(const Header& header) {
    std::uint64_t length = 0;
    std::memcpy(&length, header.data() + 1, sizeof length);
    return length;
}

inline Request echo_request() {
    Request request;
    request.fill('E');
    return request;
}

}  // namespace load
