// The fields of a head or of a trailer section, in order of arrival, in storage of fixed size. Names and values are
// places in the parsed buffer: nothing is copied, and the buffer has to outlive the fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::http {

struct Field {
    std::string_view name;   // as written
    std::string_view value;  // without surrounding whitespace
    FieldName known = FieldName::other;
    /// The field belongs to one connection, or a Connection field names it: it is not forwarded.
    bool hop_by_hop = false;
    /// The name has bytes other than letters, digits and '-', or ends with '-'.
    bool odd_name = false;
    /// The name is odd, and a program behind the edge could confuse it with one of the known fields ("Content_Length"):
    /// the field is not forwarded, except in the head of a response.
    bool alias = false;
};

class Fields {
public:
    class Iterator {
    public:
        Iterator(const Fields* fields, std::size_t at) noexcept : fields_(fields), at_(at) {}
        Field operator*() const noexcept { return (*fields_)[at_]; }
        Iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

    private:
        const Fields* fields_;
        std::size_t at_;
    };

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    Field operator[](std::size_t i) const noexcept { return field_at(places_[i], base_); }
    Iterator begin() const noexcept { return {this, 0}; }
    Iterator end() const noexcept { return {this, size_}; }

    /// The value of the first field of that name; empty if there is none.
    std::optional<std::string_view> first(FieldName name) const noexcept;
    std::optional<std::string_view> first(std::string_view name) const noexcept;
    std::size_t count(FieldName name) const noexcept;

    // --- for the parsers ---

    static constexpr std::uint8_t mark_hop_by_hop = 1;
    static constexpr std::uint8_t mark_odd_name = 2;
    static constexpr std::uint8_t mark_alias = 4;

    struct Place {
        std::uint32_t name_at;
        std::uint32_t value_at;
        std::uint32_t value_size;
        std::uint16_t name_size;
        FieldName known;
        std::uint8_t marks;
    };

    /// The field at `place` of the bytes at `base`.
    static Field field_at(const Place& place, const char* base) noexcept {
        return {{base + place.name_at, place.name_size},
                {base + place.value_at, place.value_size},
                place.known,
                (place.marks & mark_hop_by_hop) != 0,
                (place.marks & mark_odd_name) != 0,
                (place.marks & mark_alias) != 0};
    }

    void clear() noexcept { size_ = 0; }
    /// Sets where the parsed bytes are now.
    void rebase(const char* base) noexcept { base_ = base; }
    const char* base() const noexcept { return base_; }
    bool full() const noexcept { return size_ == places_.size(); }
    void add(const Place& place) noexcept { places_[size_++] = place; }
    Place& place(std::size_t i) noexcept { return places_[i]; }
    const Place& place(std::size_t i) const noexcept { return places_[i]; }

private:
    const char* base_ = nullptr;
    std::size_t size_ = 0;
    std::array<Place, limits::http_fields_room> places_;
};

/// Iterates over the elements of a comma-separated list ("a, b,,c" has three), without whitespace around them.
/// Quoted strings are not parsed: no list that the edge reads has a comma inside one.
class ListItems {
public:
    explicit ListItems(std::string_view list) noexcept : rest_(list) {}
    /// The next element that is not empty; false at the end.
    bool next(std::string_view& item) noexcept;

private:
    std::string_view rest_;
};

}  // namespace ferrotunnel::http
