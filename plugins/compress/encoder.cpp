#include "compress/encoder.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <stdexcept>

#include "compress/counted_memory.hpp"

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t gzip_memory_max = 320 * 1024;
constexpr std::size_t brotli_memory_max = 2560 * 1024;

[[noreturn]] void fail() {
    throw std::runtime_error("a response cannot be compressed: out of memory");
}

class GzipEncoder final : public Encoder {
public:
    explicit GzipEncoder(int level) {
        constexpr int window_bits = 15;  // the usual window of 32 KiB
        constexpr int gzip_format = 16;  // rather than zlib's own
        constexpr int memory_level = 8;  // the usual tables
        stream_.opaque = &memory_;
        stream_.zalloc = [](void* self, uInt items, uInt size) {
            return CountedMemory::allocate_for(self, std::size_t{items} * size);
        };
        stream_.zfree = [](void* self, void* memory) { CountedMemory::release_for(self, memory); };
        if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits + gzip_format, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK) {
            fail();
        }
    }
    ~GzipEncoder() override { deflateEnd(&stream_); }

    Step encode(std::string_view& input, Goal goal, std::span<char> room) override {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = reinterpret_cast<Bytef*>(room.data());
        stream_.avail_out = static_cast<uInt>(room.size());
        const int how = goal == Goal::take ? Z_NO_FLUSH : goal == Goal::flush ? Z_SYNC_FLUSH : Z_FINISH;
        const int result = deflate(&stream_, how);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {  // the last one: nothing to do
            fail();
        }
        input.remove_prefix(input.size() - stream_.avail_in);
        const bool has_all = input.empty() && stream_.avail_out > 0;
        return {room.size() - stream_.avail_out, goal == Goal::finish ? result == Z_STREAM_END : has_all};
    }

private:
    CountedMemory memory_{gzip_memory_max};
    z_stream stream_{};
};

class BrotliEncoder final : public Encoder {
public:
    explicit BrotliEncoder(int level)
        : state_(BrotliEncoderCreateInstance(&CountedMemory::allocate_for, &CountedMemory::release_for, &memory_)) {
        constexpr std::uint32_t window_bits = 16;  // 64 KiB; the next larger ones need 5 MiB of memory for 1 % less
        constexpr std::uint32_t block_bits = 16;   // compressed at once, in a few milliseconds
        if (state_ == nullptr) {
            fail();
        }
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, window_bits);
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGBLOCK, block_bits);
    }
    ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }
    BrotliEncoder(const BrotliEncoder&) = delete;
    BrotliEncoder& operator=(const BrotliEncoder&) = delete;

    Step encode(std::string_view& input, Goal goal, std::span<char> room) override {
        const BrotliEncoderOperation how = goal == Goal::take    ? BROTLI_OPERATION_PROCESS
                                           : goal == Goal::flush ? BROTLI_OPERATION_FLUSH
                                                                 : BROTLI_OPERATION_FINISH;
        std::size_t in_left = input.size();
        const auto* in = reinterpret_cast<const std::uint8_t*>(input.data());
        std::size_t out_left = room.size();
        auto* out = reinterpret_cast<std::uint8_t*>(room.data());
        if (BrotliEncoderCompressStream(state_, how, &in_left, &in, &out_left, &out, nullptr) != BROTLI_TRUE) {
            fail();
        }
        input.remove_prefix(input.size() - in_left);
        const bool has_all = input.empty() && BrotliEncoderHasMoreOutput(state_) == BROTLI_FALSE;
        return {room.size() - out_left,
                goal == Goal::finish ? BrotliEncoderIsFinished(state_) == BROTLI_TRUE : has_all};
    }

private:
    CountedMemory memory_{brotli_memory_max};
    BrotliEncoderState* state_;
};

}  // namespace

std::unique_ptr<Encoder> Encoder::make(Coding coding, int level) {
    if (coding == Coding::gzip) {
        return std::make_unique<GzipEncoder>(level);
    }
    return std::make_unique<BrotliEncoder>(level);
}

std::size_t encoder_memory_max(Coding coding) noexcept {
    return coding == Coding::gzip ? gzip_memory_max : brotli_memory_max;
}

}  // namespace ferrotunnel::plugins
