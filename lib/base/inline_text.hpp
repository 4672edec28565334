// Short text that is stored in place, and needs the heap only if it is longer: for large tables, in which a std::string
// and its block of the heap take twice the bytes of a typical name.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace ferrotunnel {

/// A text in `bytes` bytes, without alignment. It cannot be changed, only replaced. Moving throws nothing and leaves an
/// empty text behind.
template <std::size_t bytes>
class InlineText {
public:
    /// The longest text that needs no block of the heap.
    static constexpr std::size_t inline_max = bytes - 1;

    InlineText() noexcept = default;
    /// Throws std::bad_alloc.
    explicit InlineText(std::string_view text) {
        if (text.size() <= inline_max) {
            text.copy(room_.data(), text.size());
            room_.back() = static_cast<char>(text.size());
            return;
        }
        const Block of{new char[text.size()], text.size()};
        text.copy(of.text, text.size());
        std::memcpy(room_.data(), &of, sizeof(of));
        room_.back() = on_heap;
    }
    InlineText(const InlineText& other) : room_(other.room_) {
        if (other.room_.back() == on_heap) {
            room_.back() = 0;  // until the copy has its own block
            *this = InlineText(other.view());
        }
    }
    InlineText(InlineText&& other) noexcept : room_(other.room_) { other.room_.back() = 0; }
    InlineText& operator=(InlineText other) noexcept {
        std::swap(room_, other.room_);
        return *this;
    }
    ~InlineText() {
        if (room_.back() == on_heap) {
            delete[] block().text;
        }
    }

    /// Valid until the text is moved or replaced.
    std::string_view view() const noexcept {
        if (room_.back() == on_heap) {
            const Block of = block();
            return {of.text, of.size};
        }
        return {room_.data(), static_cast<std::size_t>(room_.back())};
    }
    /// Bytes of its block of the heap, 0 without one.
    std::size_t heap_bytes() const noexcept { return room_.back() == on_heap ? block().size : 0; }

    friend bool operator==(const InlineText& one, const InlineText& other) noexcept {
        return one.view() == other.view();
    }
    friend auto operator<=>(const InlineText& one, const InlineText& other) noexcept {
        return one.view() <=> other.view();
    }

private:
    struct Block {
        char* text;
        std::size_t size;
    };
    static constexpr char on_heap = '\xff';
    static_assert(bytes > sizeof(Block) && bytes <= 128);

    Block block() const noexcept {
        Block of{};
        std::memcpy(&of, room_.data(), sizeof(of));
        return of;
    }

    std::array<char, bytes> room_{};  // the text, or a Block; the last byte is the text's size, or on_heap
};

}  // namespace ferrotunnel
