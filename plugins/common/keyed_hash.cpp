#include "common/keyed_hash.hpp"

#include <bit>
#include <random>

namespace ferrotunnel::plugins {
namespace {

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

std::uint64_t word_of(std::string_view bytes) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return word;
}

std::uint64_t random_word() {
    std::random_device system;
    return static_cast<std::uint64_t>(system()) << 32 | system();
}

}  // namespace

KeyedHash::KeyedHash() : first_(random_word()), second_(random_word()) {}

std::uint64_t KeyedHash::operator()(std::string_view text) const noexcept {
    SipState state{first_ ^ 0x736f6d6570736575, second_ ^ 0x646f72616e646f6d, first_ ^ 0x6c7967656e657261,
                   second_ ^ 0x7465646279746573};
    const std::uint64_t length = text.size();
    for (; text.size() >= 8; text.remove_prefix(8)) {
        state.take(word_of(text.substr(0, 8)));
    }
    state.take(length << 56 | word_of(text));
    state.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) {
        state.round();
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::uint64_t KeyedHash::operator()(std::string_view one, std::string_view other) const noexcept {
    return KeyedHash(first_ ^ (*this)(one), second_)(other);
}

}  // namespace ferrotunnel::plugins
