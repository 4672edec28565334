#include "inspect/content_coding.hpp"

#include <brotli/decode.h>
#define ZLIB_CONST  // zlib does not write into its input
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "http/field_name.hpp"
#include "http/fields.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::size_t step_bytes = 16'384;

// Makes room for another step of the result; false if it has reached its limit.
bool make_room(std::string& result, std::size_t used, std::size_t bytes_max) {
    result.resize(std::min(used + step_bytes, bytes_max));
    return result.size() > used;
}

// `window_bits` selects zlib's format: 15 + 32 accepts gzip and zlib, -15 bare deflate, which some call "deflate".
std::optional<std::string> inflated(std::string_view body, int window_bits, std::size_t bytes_max) {
    z_stream stream{};
    if (::inflateInit2(&stream, window_bits) != Z_OK) {
        return std::nullopt;
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> ending(&stream, ::inflateEnd);
    stream.next_in = reinterpret_cast<const Bytef*>(body.data());
    stream.avail_in = static_cast<uInt>(body.size());
    std::string result;
    std::size_t used = 0;
    int state = Z_OK;
    while (state == Z_OK && make_room(result, used, bytes_max)) {
        stream.next_out = reinterpret_cast<Bytef*>(result.data() + used);
        stream.avail_out = static_cast<uInt>(result.size() - used);
        state = ::inflate(&stream, Z_NO_FLUSH);
        used = result.size() - stream.avail_out;
    }
    result.resize(used);
    // Z_BUF_ERROR: there is no more input, and something is missing.
    const bool is_wrong = state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR;
    return is_wrong && used == 0 ? std::nullopt : std::optional(std::move(result));
}

std::optional<std::string> unbrotlied(std::string_view body, std::size_t bytes_max) {
    const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> decoder(
        ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), ::BrotliDecoderDestroyInstance);
    if (!decoder) {
        return std::nullopt;
    }
    const auto* in = reinterpret_cast<const std::uint8_t*>(body.data());
    std::size_t in_left = body.size();
    std::string result;
    std::size_t used = 0;
    BrotliDecoderResult state = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (state == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && make_room(result, used, bytes_max)) {
        auto* out = reinterpret_cast<std::uint8_t*>(result.data() + used);
        std::size_t out_left = result.size() - used;
        state = ::BrotliDecoderDecompressStream(decoder.get(), &in_left, &in, &out_left, &out, nullptr);
        used = result.size() - out_left;
    }
    result.resize(used);
    return state == BROTLI_DECODER_RESULT_ERROR && used == 0 ? std::nullopt : std::optional(std::move(result));
}

std::optional<std::string> decoded_once(std::string_view body, std::string_view coding, std::size_t bytes_max) {
    if (http::same_text(coding, "gzip") || http::same_text(coding, "x-gzip")) {
        return inflated(body, 15 + 32, bytes_max);
    }
    if (http::same_text(coding, "deflate")) {
        std::optional<std::string> result = inflated(body, 15 + 32, bytes_max);
        return result ? std::move(result) : inflated(body, -15, bytes_max);
    }
    if (http::same_text(coding, "br")) {
        return unbrotlied(body, bytes_max);
    }
    return http::same_text(coding, "identity") ? std::optional<std::string>(body) : std::nullopt;
}

}  // namespace

std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t bytes_max) {
    std::vector<std::string_view> list;
    http::ListItems items(codings);
    for (std::string_view item; items.next(item);) {
        list.push_back(item);
        if (list.size() > 4) {
            return std::nullopt;  // only an attack compresses that often
        }
    }
    std::optional<std::string> result(body);
    for (auto coding = list.rbegin(); result && coding != list.rend(); ++coding) {
        result = decoded_once(*result, *coding, bytes_max);
    }
    return result;
}

}  // namespace ferrotunnel::inspect
