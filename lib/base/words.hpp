// Words of enumerations, for files, messages and the check of numbers that a peer has sent.
//
// An enumeration has its words in one place, a switch without a default: the compiler then reports a value without a
// word. The values are 0, 1, 2 and so on.
//
//   constexpr std::string_view word_for(Colour colour) noexcept {
//       switch (colour) {
//           case Colour::red:
//               return "red";
//       }
//       return {};  // a number that is no value, perhaps of a newer peer
//   }
#pragma once

#include <cstddef>
#include <string_view>

namespace ferrotunnel {

/// Whether a number that was read is a value of this version. word_for() is found in the namespace of the enumeration.
template <typename Enum>
constexpr bool has_word(Enum value) noexcept {
    return !word_for(value).empty();
}

/// The number of values.
template <typename Enum>
constexpr std::size_t count_words() noexcept {
    std::size_t count = 0;
    while (has_word(static_cast<Enum>(count))) {
        ++count;
    }
    return count;
}

}  // namespace ferrotunnel
