// Decodes a compressed body, or its beginning, like a reader.
#pragma once

#include <brotli/decode.h>
#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "compress/accept_encoding.hpp"

namespace ferrotunnel::plugins {

struct Decoded {
    std::string text;
    bool is_complete = false;
    bool is_damaged = false;  // or something follows the end
};

inline Decoded decode_gzip(std::string_view bytes) {
    Decoded decoded;
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::array<char, 65'536> room;
    int result = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = room.size();
        result = inflate(&stream, Z_NO_FLUSH);
        decoded.text.append(room.data(), room.size() - stream.avail_out);
    } while (result == Z_OK);
    decoded.is_complete = result == Z_STREAM_END;
    decoded.is_damaged =
        (result != Z_STREAM_END && result != Z_BUF_ERROR) || (decoded.is_complete && stream.avail_in > 0);
    inflateEnd(&stream);
    return decoded;
}

inline Decoded decode_brotli(std::string_view bytes) {
    Decoded decoded;
    BrotliDecoderState* const state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    REQUIRE(state != nullptr);
    std::size_t left = bytes.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::array<std::uint8_t, 65'536> room;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_ERROR;
    do {
        std::size_t room_left = room.size();
        std::uint8_t* out = room.data();
        result = BrotliDecoderDecompressStream(state, &left, &in, &room_left, &out, nullptr);
        decoded.text.append(reinterpret_cast<const char*>(room.data()), room.size() - room_left);
    } while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || BrotliDecoderHasMoreOutput(state) == BROTLI_TRUE);
    decoded.is_complete = result == BROTLI_DECODER_RESULT_SUCCESS;
    decoded.is_damaged = result == BROTLI_DECODER_RESULT_ERROR || (decoded.is_complete && left > 0);
    BrotliDecoderDestroyInstance(state);
    return decoded;
}

inline Decoded decode(Coding coding, std::string_view bytes) {
    return coding == Coding::gzip ? decode_gzip(bytes) : decode_brotli(bytes);
}

}  // namespace ferrotunnel::plugins
