// The part of a file that a request asks for (RFC 9110, 14).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/fields.hpp"

namespace ferrotunnel::files {

struct ByteRange {
    enum class Kind : std::uint8_t {
        whole,          // no range, one that cannot be parsed, or several
        part,           // 206
        unsatisfiable,  // 416
    };
    Kind kind = Kind::whole;
    std::uint64_t first = 0;   // for `part`
    std::uint64_t length = 0;  // for `part`; above zero
};

/// Reads Range for a file of `size` bytes. Several ranges are answered with the whole file, which RFC 9110 allows: a
/// hundred small ranges would cost more than they save.
ByteRange read_range(const http::Fields& fields, std::uint64_t size) noexcept;

}  // namespace ferrotunnel::files
