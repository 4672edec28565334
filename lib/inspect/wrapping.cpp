#include "inspect/wrapping.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/hex.hpp"
#include "base/percent.hpp"

namespace ferrotunnel::inspect {
namespace {

void append_utf8(std::string& to, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | code >> 6U);
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | code >> 12U);
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | code >> 18U);
        put(0x80U | (code >> 12U & 0x3FU));
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

// Four hexadecimal digits at this place; -1 if there are none.
std::int32_t unit_at(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) {
        return -1;
    }
    std::int32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code;
}

// Appends the character of "\uXXXX" at `at`, and of a second one after it if they are a pair. Moves `at` past them.
void append_unit(std::string& to, std::string_view text, std::size_t& at) {
    const std::int32_t unit = unit_at(text, at + 2);
    if (unit < 0) {
        to += text[at++];
        return;
    }
    at += 6;
    const bool is_high = unit >= 0xD800 && unit < 0xDC00;
    const std::int32_t low = is_high && text.substr(at).starts_with("\\u") ? unit_at(text, at + 2) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
        at += 6;
        append_utf8(to, 0x10000U + ((static_cast<std::uint32_t>(unit) - 0xD800U) << 10U) +
                            (static_cast<std::uint32_t>(low) - 0xDC00U));
    } else {
        append_utf8(to, static_cast<std::uint32_t>(unit));
    }
}

constexpr std::string_view escape_letters = "bfnrt";
constexpr std::string_view escape_bytes = "\b\f\n\r\t";

std::string unquoted(std::string_view written) {
    std::string value;
    for (std::size_t at = 0; at < written.size();) {
        if (written[at] != '\\' || at + 1 == written.size()) {
            value += written[at++];
            continue;
        }
        const char c = written[at + 1];
        if (c == 'u') {
            append_unit(value, written, at);
            continue;
        }
        const std::size_t letter = escape_letters.find(c);
        value += letter == std::string_view::npos ? c : escape_bytes[letter];
        at += 2;
    }
    return value;
}

// The bytes in a text: those written literally stay literal, and a text with masks is hardly longer than without.
std::array<bool, 256> bytes_of(std::string_view text) {
    std::array<bool, 256> has{};
    for (const char c : text) {
        has[static_cast<unsigned char>(c)] = true;
    }
    return has;
}

std::string quoted(std::string_view value, char quote, std::string_view before) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<bool, 256> is_plain = bytes_of(before);
    is_plain['\\'] = false;
    is_plain[static_cast<unsigned char>(quote)] = false;
    std::string written;
    for (const char c : value) {
        if (is_plain[static_cast<unsigned char>(c)]) {
            written += c;
        } else if (const std::size_t letter = escape_bytes.find(c); letter != std::string_view::npos) {
            written.append("\\").append(1, escape_letters[letter]);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            const auto byte = static_cast<unsigned char>(c);
            written.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
        } else {
            written.append(c == quote || c == '\\' ? "\\" : "").append(1, c);
        }
    }
    return written;
}

std::string form_decoded(std::string_view written) {
    std::string blanks(written);
    std::replace(blanks.begin(), blanks.end(), '+', ' ');
    return percent_decoded(blanks);
}

// So that a mask is not written as %2A.
std::string form_encoded(std::string_view value, std::string_view written) {
    std::array<bool, 256> is_plain = bytes_of(written);
    is_plain['%'] = is_plain['+'] = is_plain['&'] = is_plain[' '] = false;
    is_plain['*'] = true;
    const bool has_plus = written.find('+') != std::string_view::npos;
    std::string encoded;
    for (const char c : value) {
        if (is_unreserved(c) || is_plain[static_cast<unsigned char>(c)]) {
            encoded += c;
        } else if (c == ' ' && has_plus) {
            encoded += '+';
        } else {
            append_percent(encoded, c);
        }
    }
    return encoded;
}

constexpr std::array<std::pair<std::string_view, char>, 5> references{
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
constexpr std::size_t reference_max = 10;  // "&#x10FFFF;"

// The character of "&#65;" or "&#x41;"; 0 if it is none.
std::uint32_t numbered(std::string_view reference) {
    std::string_view digits = reference.substr(2, reference.size() - 3);
    const bool is_hex = digits.starts_with('x') || digits.starts_with('X');
    digits.remove_prefix(is_hex ? 1 : 0);
    std::uint32_t code = 0;
    for (const char c : digits) {
        const int digit = hex_value(c);
        if (digit < 0 || (!is_hex && digit > 9)) {
            return 0;
        }
        code = code * (is_hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    }
    return code > 0x10FFFF ? 0 : code;
}

std::string without_references(std::string_view written) {
    std::string value;
    while (!written.empty()) {
        const std::size_t end = written.front() == '&' ? written.substr(0, reference_max).find(';') : 0;
        const std::string_view reference = end == std::string_view::npos ? "" : written.substr(0, end + 1);
        const auto found =
            std::find_if(references.begin(), references.end(), [&](const auto& one) { return one.first == reference; });
        const std::uint32_t code = reference.starts_with("&#") ? numbered(reference) : 0;
        if (found != references.end()) {
            value += found->second;
        } else if (code != 0) {
            append_utf8(value, code);
        } else {
            value += written.front();
            written.remove_prefix(1);
            continue;
        }
        written.remove_prefix(reference.size());
    }
    return value;
}

std::string with_references(std::string_view value, std::string_view before) {
    std::array<bool, 256> is_plain = bytes_of(before);
    is_plain['&'] = is_plain['<'] = false;
    std::string written;
    for (const char c : value) {
        const auto found =
            std::find_if(references.begin(), references.end(), [&](const auto& one) { return one.second == c; });
        found == references.end() || is_plain[static_cast<unsigned char>(c)] ? written.append(1, c)
                                                                             : written.append(found->first);
    }
    return written;
}

}  // namespace

std::string unwrapped(std::string_view written, Wrapping wrapping) {
    switch (wrapping) {
        case Wrapping::double_quoted:
        case Wrapping::single_quoted:
            return unquoted(written);
        case Wrapping::percent:
            return form_decoded(written);
        case Wrapping::markup:
            return without_references(written);
        case Wrapping::none:
            break;
    }
    return std::string(written);
}

std::string wrapped(std::string_view value, Wrapping wrapping, std::string_view written) {
    switch (wrapping) {
        case Wrapping::double_quoted:
            return quoted(value, '"', written);
        case Wrapping::single_quoted:
            return quoted(value, '\'', written);
        case Wrapping::percent:
            return form_encoded(value, written);
        case Wrapping::markup:
            return with_references(value, written);
        case Wrapping::none:
            break;
    }
    return std::string(value);
}

}  // namespace ferrotunnel::inspect
