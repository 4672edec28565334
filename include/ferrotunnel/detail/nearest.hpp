// Suggestions for misspelt words: one rule for the library and the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// Returns how many letters must be put in, taken out, replaced or swapped with their neighbour to turn one text into
/// the other.
FERROTUNNEL_EXPORT std::size_t edit_distance(std::string_view a, std::string_view b);

/// Returns the candidate that is nearest to `word`, or nothing when none is near enough to be a guess worth making: one
/// mistake in three letters, but always one; or else the only candidate that begins with `word`, from three letters on.
/// Capitals do not matter.
FERROTUNNEL_EXPORT std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// Returns the nearest candidate as "; did you mean x?", or nothing.
FERROTUNNEL_EXPORT std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace ferrotunnel::detail
