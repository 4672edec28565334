// Texts within texts: the written form of a value, and its content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferrotunnel::inspect {

/// The way in which a text wraps a value.
enum class Wrapping : std::uint8_t {
    none,
    double_quoted,  // a JSON string, without its quotes
    single_quoted,
    percent,  // of a query or a form
    markup,   // of XML or HTML: character references
};

/// The content. A part that is malformed or cut stays as written.
std::string unwrapped(std::string_view written, Wrapping wrapping);
/// The value in the form of `written`, in whose place it is put: unwrapped() reverses it.
std::string wrapped(std::string_view value, Wrapping wrapping, std::string_view written);

}  // namespace ferrotunnel::inspect
