// Writes a line into memory of a fixed size: it cuts what has no room, and escapes visitors' texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferrotunnel::plugins {

class LineWriter {
public:
    /// The line has up to `size` bytes, including its end.
    LineWriter(char* line, std::size_t size) noexcept : begin_(line), at_(line), end_(line + size - 1) {}

    /// Unchanged, as far as there is room.
    void put(std::string_view text) noexcept;
    void put_number(std::uint64_t number) noexcept;
    /// Escapes as \x22 what could end a quoted text, and everything that is not printable ASCII. Up to 1,024 bytes of
    /// the text.
    void put_escaped(std::string_view text) noexcept;

    // Members of a JSON object, which begins with the first one. A member without room is left out, and the object then
    // ends with "cut":true. Names need no escapes.
    void member(std::string_view prefix, std::string_view name, std::string_view text) noexcept;
    void member(std::string_view name, std::string_view text) noexcept { member({}, name, text); }
    void member_number(std::string_view name, std::uint64_t number) noexcept;
    void member_boolean(std::string_view name, bool value) noexcept;
    void end_object() noexcept;

    /// Ends the line; returns its size.
    std::size_t end() noexcept;

private:
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    bool begin_member(std::string_view prefix, std::string_view name, std::size_t value_bytes) noexcept;
    void put_json(std::string_view text) noexcept;

    char* const begin_;
    char* at_;
    char* const end_;  // last possible place of the line end
    bool is_cut_ = false;
};

}  // namespace ferrotunnel::plugins
