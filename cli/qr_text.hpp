// QR codes for terminals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// The lines of a QR code of `text`: each character is two modules, one above the other. Light modules are drawn, so
/// that a terminal with a dark background shows what a camera expects, with a light margin. Empty if the text is too
/// long for a code (2,953 bytes).
std::vector<std::string> qr_text(std::string_view text);

}  // namespace ferrotunnel::cli
