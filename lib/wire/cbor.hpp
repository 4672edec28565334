// The subset of CBOR (RFC 8949) for control messages, parsed strictly and without recursion.
//
//   in:  unsigned and negative integers, bytes, text, arrays, maps with text keys, true, false, null
//   out: floats, other simple values, tags, indefinite lengths, integers or lengths longer than they need to be,
//        a key twice in one map, text that is not UTF-8, anything after the one item
//
// `parse` validates every byte once before the message is used. Its result is a view: nothing is copied, and the
// accessors of Item cannot fail on parsed bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

namespace ferrotunnel::wire::cbor {

enum class Problem : std::uint8_t {
    truncated,
    trailing_bytes,
    unsupported_type,
    not_shortest,
    nested_too_deep,
    too_many_items,
    invalid_utf8,
    key_is_not_text,
    duplicate_key,
};

/// Describes the problem in words, for a log.
std::string_view describe(Problem problem) noexcept;

enum class Type : std::uint8_t { unsigned_integer, negative_integer, bytes, text, array, map, boolean, null };

/// One item of a parsed message; a view of the message's bytes.
class Item {
public:
    Type type() const noexcept;

    /// The value; empty if the item has another type (or, with `as_integer`, if the value is out of range).
    std::optional<std::uint64_t> as_unsigned() const noexcept;
    std::optional<std::int64_t> as_integer() const noexcept;
    std::optional<Bytes> as_bytes() const noexcept;
    std::optional<std::string_view> as_text() const noexcept;
    std::optional<bool> as_bool() const noexcept;

    /// The number of elements of an array or of pairs of a map; 0 for everything else.
    std::size_t count() const noexcept;
    /// The value under `key` of a map.
    std::optional<Item> find(std::string_view key) const noexcept;

    /// Calls `visit(Item)` for each element of an array, in order.
    template <typename Visit>
    void for_each_element(Visit visit) const {
        Item item = type() == Type::array ? first_inside() : *this;
        for (std::size_t left = type() == Type::array ? count() : 0; left > 0; --left) {
            visit(item);
            item = item.next();
        }
    }

    /// Calls `visit(std::string_view key, Item value)` for each pair of a map, in order.
    template <typename Visit>
    void for_each_pair(Visit visit) const {
        Item item = type() == Type::map ? first_inside() : *this;
        for (std::size_t left = type() == Type::map ? count() : 0; left > 0; --left) {
            Item value = item.next();
            visit(*item.as_text(), value);
            item = value.next();
        }
    }

private:
    friend Result<Item, Problem> parse(Bytes, std::size_t, std::size_t);
    explicit Item(Bytes from) noexcept : from_(from) {}

    Item first_inside() const noexcept;
    Item next() const noexcept;  // the item that follows this one in the bytes

    Bytes from_;  // begins with this item; the bytes after it belong to its neighbours
};

/// Checks all of `message`, which must be a single item. Arrays and maps may be `nesting_max` deep and hold `items_max`
/// elements or pairs each.
Result<Item, Problem> parse(Bytes message, std::size_t nesting_max = limits::control_nesting_max,
                            std::size_t items_max = limits::control_items_max);

/// Appends items, each in its shortest form. The count of an array or map is given first, and the caller must then
/// write that many items.
class Writer {
public:
    Writer& unsigned_integer(std::uint64_t value);
    Writer& integer(std::int64_t value);
    Writer& bytes(Bytes value);
    Writer& text(std::string_view value);
    Writer& array(std::size_t elements);
    Writer& map(std::size_t pairs);
    Writer& boolean(bool value);
    Writer& null();

    std::size_t size() const noexcept { return out_.size(); }
    std::vector<std::uint8_t> take() noexcept { return std::move(out_); }

private:
    void head(std::uint8_t major, std::uint64_t argument);
    void append(Bytes value);

    std::vector<std::uint8_t> out_;
};

}  // namespace ferrotunnel::wire::cbor
