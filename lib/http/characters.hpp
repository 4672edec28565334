// Classes of bytes, as tables, and scans that process 16 bytes at a time if the processor has SSE2 (every x86-64).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ferrotunnel::http {

namespace detail {

inline constexpr std::uint8_t class_token = 1;   // bytes of names, methods and list elements (RFC 9110, 5.6.2)
inline constexpr std::uint8_t class_value = 2;   // bytes of a field's value, a reason phrase, a quoted string
inline constexpr std::uint8_t class_target = 4;  // bytes of a request target: visible ASCII without '#' and '\'
inline constexpr std::uint8_t class_digit = 8;
inline constexpr std::uint8_t class_plain = 16;  // bytes of a usual field name: letters, digits and '-'

constexpr std::uint8_t classes_of(unsigned byte) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    const bool digit = byte >= '0' && byte <= '9';
    const bool visible = byte > 0x20 && byte < 0x7f;
    const bool mark =
        visible && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) != std::string_view::npos;
    unsigned classes = 0;
    classes |= letter || digit || mark ? class_token : 0U;
    classes |= visible || byte == ' ' || byte == '\t' || byte >= 0x80 ? class_value : 0U;
    classes |= visible && byte != '#' && byte != '\\' ? class_target : 0U;
    classes |= digit ? class_digit : 0U;
    classes |= letter || digit || byte == '-' ? class_plain : 0U;
    return static_cast<std::uint8_t>(classes);
}

inline constexpr auto classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        table[byte] = classes_of(byte);
    }
    return table;
}();

/// Maps letters to lower case, and every byte that is neither a letter nor a digit to '-'.
inline constexpr auto loose = [] {
    std::array<char, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        const bool upper = byte >= 'A' && byte <= 'Z';
        const bool kept = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        table[byte] = static_cast<char>(upper ? byte | 0x20 : kept ? byte : '-');
    }
    return table;
}();

inline bool is_of(char byte, std::uint8_t wanted) noexcept {
    return (classes[static_cast<unsigned char>(byte)] & wanted) != 0;
}

inline const char* skip(const char* at, const char* end, std::uint8_t wanted) noexcept {
    while (at != end && is_of(*at, wanted)) {
        ++at;
    }
    return at;
}

/// Whether all of `text` is of the class and `text` is not empty.
inline bool consists_of(std::string_view text, std::uint8_t wanted) noexcept {
    return !text.empty() && skip(text.data(), text.data() + text.size(), wanted) == text.data() + text.size();
}

}  // namespace detail

inline bool is_token(std::string_view text) noexcept {
    return detail::consists_of(text, detail::class_token);
}

inline bool is_blank(char byte) noexcept {
    return byte == ' ' || byte == '\t';
}

constexpr char lower_case(char byte) noexcept {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

/// `text` without the whitespace at both ends.
inline std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

// The scans return the first place in [at, end) whose byte is of another class, or `end`.

#if defined(__SSE2__)

namespace detail {

inline __m128i load16(const char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// A bit for each byte that "yes" does not mark.
inline unsigned others(__m128i yes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(yes)) ^ 0xffffU;
}

// SSE2 compares signed bytes: those from 0x80 are negative.
inline unsigned not_value(__m128i bytes) noexcept {
    const __m128i from_space = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes);
    const __m128i allowed = _mm_or_si128(from_space, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')));
    return others(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)), allowed));
}

inline unsigned not_target(__m128i bytes) noexcept {
    const __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i refused = _mm_or_si128(
        _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return others(_mm_andnot_si128(refused, visible));
}

inline __m128i in_range(__m128i bytes, char first, char last) noexcept {
    return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(last + 1)), bytes));
}

inline unsigned not_plain(__m128i bytes) noexcept {
    const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i others_allowed = _mm_or_si128(in_range(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    return others(_mm_or_si128(letters, others_allowed));
}

template <unsigned (*Find)(__m128i)>
inline const char* scan(const char* at, const char* end, std::uint8_t wanted) noexcept {
    while (end - at >= 16) {
        const unsigned found = Find(load16(at));
        if (found != 0) {
            return at + __builtin_ctz(found);
        }
        at += 16;
    }
    return skip(at, end, wanted);
}

}  // namespace detail

inline const char* scan_value(const char* at, const char* end) noexcept {
    return detail::scan<detail::not_value>(at, end, detail::class_value);
}
inline const char* scan_target(const char* at, const char* end) noexcept {
    return detail::scan<detail::not_target>(at, end, detail::class_target);
}
inline const char* scan_plain(const char* at, const char* end) noexcept {
    return detail::scan<detail::not_plain>(at, end, detail::class_plain);
}

#else

inline const char* scan_value(const char* at, const char* end) noexcept {
    return detail::skip(at, end, detail::class_value);
}
inline const char* scan_target(const char* at, const char* end) noexcept {
    return detail::skip(at, end, detail::class_target);
}
inline const char* scan_plain(const char* at, const char* end) noexcept {
    return detail::skip(at, end, detail::class_plain);
}

#endif

}  // namespace ferrotunnel::http
