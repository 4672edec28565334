// Makes ClientHellos, valid and invalid ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace ferrotunnel::test {

using ByteVector = std::vector<std::uint8_t>;

inline ByteVector bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

inline ByteVector joined(std::initializer_list<ByteVector> parts) {
    ByteVector all;
    for (const ByteVector& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

/// A number of N bytes, most significant first.
template <std::size_t N>
ByteVector number(std::size_t value) {
    ByteVector raw(N);
    store_be<N>(raw.data(), value);
    return raw;
}

/// A length of N bytes and the value.
template <std::size_t N>
ByteVector counted(const ByteVector& value) {
    return joined({number<N>(value.size()), value});
}

inline ByteVector extension(std::size_t type, const ByteVector& value) {
    return joined({number<2>(type), counted<2>(value)});
}

inline ByteVector name_entry(std::string_view name, std::size_t type = 0) {
    return joined({number<1>(type), counted<2>(bytes_of(name))});
}

inline ByteVector server_name(std::string_view name) {
    return extension(0, counted<2>(name_entry(name)));
}

inline ByteVector alpn(std::initializer_list<std::string_view> names) {
    ByteVector list;
    for (std::string_view name : names) {
        ByteVector one = counted<1>(bytes_of(name));
        list.insert(list.end(), one.begin(), one.end());
    }
    return extension(16, counted<2>(list));
}

inline ByteVector padding(std::size_t bytes) {
    return extension(21, ByteVector(bytes));
}

struct HelloParts {
    ByteVector version = {3, 3};
    ByteVector session_id = ByteVector(32, 0x55);
    ByteVector suites = {0x13, 0x01, 0xc0, 0x2f};
    ByteVector compressions = {0};
};

/// The message without its head, up to its extensions.
inline ByteVector hello_front(const HelloParts& parts = {}) {
    return joined({parts.version, ByteVector(32, 0xaa), counted<1>(parts.session_id), counted<2>(parts.suites),
                   counted<1>(parts.compressions)});
}

inline ByteVector message(const ByteVector& body, std::uint8_t type = 1) {
    return joined({{type}, counted<3>(body)});
}

inline ByteVector hello_message(std::initializer_list<ByteVector> extensions, const HelloParts& parts = {}) {
    return message(joined({hello_front(parts), counted<2>(joined(extensions))}));
}

inline ByteVector record(const ByteVector& payload, std::uint8_t type = 22) {
    return joined({{type, 3, 1}, counted<2>(payload)});
}

/// The message in records of at most `record_bytes`.
inline ByteVector in_records(const ByteVector& message, std::size_t record_bytes) {
    ByteVector all;
    for (std::size_t at = 0; at < message.size(); at += record_bytes) {
        auto begin = message.begin() + static_cast<std::ptrdiff_t>(at);
        auto end = begin + static_cast<std::ptrdiff_t>(std::min(record_bytes, message.size() - at));
        ByteVector one = record(ByteVector(begin, end));
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

}  // namespace ferrotunnel::test
