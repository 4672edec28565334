// A QR code for terminals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// The lines of a QR code of `text`: each character is two modules, one above the other, and what is light is drawn, so
/// that a terminal with a dark background shows it as a camera wants it, with the light margin around. Empty: the text
/// is longer than a code may be (2,953 bytes).
std::vector<std::string> qr_text(std::string_view text);

}  // namespace ferrotunnel::cli
