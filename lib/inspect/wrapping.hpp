// Texts within texts: how a value is written where it stands, and what it is without that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferrotunnel::inspect {

/// The way in which a text wraps a value.
enum class Wrapping : std::uint8_t {
    none,
    double_quoted,  // a string of JSON, without its quotes
    single_quoted,
    percent,  // of a query or a form
    markup,   // of XML or HTML: character references
};

/// The value. What is not well-formed, or cut, stays as it is written.
std::string unwrapped(std::string_view written, Wrapping wrapping);
/// The value as it stands in the place of `written`, in its manner: unwrapped() gives it back.
std::string wrapped(std::string_view value, Wrapping wrapping, std::string_view written);

}  // namespace ferrotunnel::inspect
