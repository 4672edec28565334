// Rule-based reader of the fields of one map of a control message; the first violated rule becomes the error.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/cbor.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::wire {

/// Reads fields of one map. After an error, members that read the value of a key return a default and change nothing,
/// so that decoders need no branches. A list of texts with an error may have one element too many.
class FieldReader {
public:
    /// `place` names the map in errors: "hello", "register.services". `index` is its position in an array.
    FieldReader(cbor::Item map, std::string_view place, std::optional<ControlError>& error,
                std::optional<std::size_t> index = std::nullopt)
        : map_(map), place_(place), index_(index), error_(error) {}

    bool failed() const noexcept { return error_.has_value(); }

    /// A required number from `least` to `most`.
    template <typename Number>
    void number(std::string_view key, Number& out, std::uint64_t least, std::uint64_t most) {
        if (auto item = required(key)) {
            read_number(key, *item, out, least, most);
        }
    }
    /// An optional number; keeps `out` if the key is missing.
    template <typename Number>
    void optional_number(std::string_view key, Number& out, std::uint64_t least, std::uint64_t most) {
        if (auto item = optional(key)) {
            read_number(key, *item, out, least, most);
        }
    }

    /// Required bytes, exactly N of them.
    template <std::size_t N>
    void bytes(std::string_view key, std::array<std::uint8_t, N>& out) {
        if (auto item = required(key)) {
            auto value = item->as_bytes();
            if (!value || value->size() != N) {
                fail(Code::protocol, key, " is not " + std::to_string(N) + " bytes");
                return;
            }
            std::copy(value->begin(), value->end(), out.begin());
        }
    }

    /// A required printable text of `least` to `most` bytes.
    void text(std::string_view key, std::string& out, std::size_t least, std::size_t most);
    /// An optional printable text of up to `most` bytes; keeps `out` if the key is missing.
    void optional_text(std::string_view key, std::string& out, std::size_t most);

    /// An optional boolean; keeps `out` if the key is missing.
    void optional_boolean(std::string_view key, bool& out);
    /// An element of the value under `key`: a printable text of `least` to `most` bytes.
    void element_text(std::string_view key, cbor::Item item, std::string& out, std::size_t least, std::size_t most) {
        read_text(key, item, out, least, most);
    }

    /// A required array of 1 to `most` printable texts of 1 to `length_most` bytes each.
    void texts(std::string_view key, std::vector<std::string>& out, std::size_t most, std::size_t length_most);

    /// A required map, or array of 1 to `most` elements.
    std::optional<cbor::Item> map(std::string_view key);
    std::optional<cbor::Item> array(std::string_view key, std::size_t most);

    /// A required map; calls `visit(FieldReader&)` with it.
    template <typename Visit>
    void inside(std::string_view key, Visit visit) {
        if (auto inner = map(key)) {
            const std::string place = place_of(key);
            FieldReader fields(*inner, place, error_);
            visit(fields);
        }
    }

    cbor::Item item() const noexcept { return map_; }
    /// A reader of an inner map, which reports to the same error.
    FieldReader of(cbor::Item map, std::string_view place, std::size_t index) const {
        return {map, place, error_, index};
    }
    bool has(std::string_view key) const noexcept { return map_.find(key).has_value(); }
    void fail(Code code, std::string_view key, std::string_view what);

private:
    std::string place_of(std::string_view key) const;
    std::optional<cbor::Item> required(std::string_view key);
    std::optional<cbor::Item> optional(std::string_view key) const noexcept;
    void read_text(std::string_view key, cbor::Item item, std::string& out, std::size_t least, std::size_t most);

    template <typename Number>
    void read_number(std::string_view key, cbor::Item item, Number& out, std::uint64_t least, std::uint64_t most) {
        auto value = item.as_unsigned();
        if (!value || *value < least || *value > most) {
            fail(Code::protocol, key, " is not a number from " + std::to_string(least) + " to " + std::to_string(most));
            return;
        }
        out = static_cast<Number>(*value);
    }

    cbor::Item map_;
    std::string_view place_;
    std::optional<std::size_t> index_;
    std::optional<ControlError>& error_;
};

}  // namespace ferrotunnel::wire
