// A value that a schema has checked: a tree of plain values that does not refer to the file any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/node.hpp"

namespace ferrotunnel::config {

class CheckedValue {
public:
    struct Member;
    using Scalar = std::variant<bool, std::int64_t, double, std::string>;
    using List = std::vector<CheckedValue>;
    using Map = std::vector<Member>;  // sorted by keys, none is there twice
    enum class Kind : std::uint8_t { boolean, integer, number, string, list, map };

    CheckedValue();  // an empty map
    explicit CheckedValue(Scalar scalar, Place place = {}, bool is_secret = false);
    explicit CheckedValue(List items, Place place = {});
    /// Puts the members into their order.
    explicit CheckedValue(Map members, Place place = {});
    CheckedValue(const CheckedValue& other);
    CheckedValue(CheckedValue&& other) noexcept;
    CheckedValue& operator=(const CheckedValue& other);
    CheckedValue& operator=(CheckedValue&& other) noexcept;
    ~CheckedValue();

    Kind kind() const noexcept;
    /// Where the value is written, in the text that was checked; for a default, the group that it is missing from.
    Place place() const noexcept { return place_; }
    /// Whether this is a secret: no message may repeat it.
    bool is_secret() const noexcept { return is_secret_; }

    // Each has nothing, or is empty, where the value is of another kind.
    std::optional<bool> boolean() const noexcept;
    std::optional<std::int64_t> integer() const noexcept;
    std::optional<double> number() const noexcept;
    const std::string* string() const noexcept;
    const List& items() const noexcept;
    const Map& members() const noexcept;
    /// The value of a key; null: there is none.
    const CheckedValue* member(std::string_view key) const noexcept;

    /// The value at a path, like "limits.rate" or "rules[2].name"; null: there is none. A key in brackets and quotes
    /// may have any character, \ before " and \: `hosts["a.example.com"].rate`. "" is the value itself.
    const CheckedValue* find(std::string_view path) const;

    /// Gives this value and all values in it the same place.
    void move_to(Place place) noexcept;

    /// Compares the values; where they are written does not matter.
    friend bool operator==(const CheckedValue& a, const CheckedValue& b);

private:
    std::variant<Map, List, Scalar> data_;
    Place place_;
    bool is_secret_ = false;
};

struct CheckedValue::Member {
    std::string key;
    CheckedValue value;

    friend bool operator==(const Member&, const Member&) = default;
};

}  // namespace ferrotunnel::config
