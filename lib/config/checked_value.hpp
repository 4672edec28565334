// A value checked by a schema: a tree of plain values without references to the file.
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
    using Map = std::vector<Member>;  // sorted by keys, without duplicates
    enum class Kind : std::uint8_t { boolean, integer, number, string, list, map };

    CheckedValue();  // an empty map
    explicit CheckedValue(Scalar scalar, Place place = {}, bool is_secret = false);
    explicit CheckedValue(List items, Place place = {});
    /// Sorts the members.
    explicit CheckedValue(Map members, Place place = {});
    CheckedValue(const CheckedValue& other);
    CheckedValue(CheckedValue&& other) noexcept;
    CheckedValue& operator=(const CheckedValue& other);
    CheckedValue& operator=(CheckedValue&& other) noexcept;
    ~CheckedValue();

    Kind kind() const noexcept;
    /// The place of the value in the checked text; for a default, the place of its group.
    Place place() const noexcept { return place_; }
    /// Whether this is a secret: no message may repeat it.
    bool is_secret() const noexcept { return is_secret_; }

    // These return nothing, or are empty, if the value is of another kind.
    std::optional<bool> boolean() const noexcept;
    std::optional<std::int64_t> integer() const noexcept;
    std::optional<double> number() const noexcept;
    const std::string* string() const noexcept;
    const List& items() const noexcept;
    const Map& members() const noexcept;
    /// The value of a key; null if there is none.
    const CheckedValue* member(std::string_view key) const noexcept;

    /// The value at a path, like "limits.rate" or "rules[2].name"; null if there is none. A key in brackets and quotes
    /// may have any character, \ before " and \: `hosts["a.example.com"].rate`. "" is the value itself.
    const CheckedValue* find(std::string_view path) const;

    /// Sets the place of this value and of all values in it.
    void move_to(Place place) noexcept;

    /// Compares the values, ignoring places.
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
