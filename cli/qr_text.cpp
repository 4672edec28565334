#include "qr_text.hpp"

#include <qrcodegen/qrcodegen.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace ferrotunnel::cli {
namespace {

constexpr int margin = 2;  // the standard requires 4; readers accept 2, and lines are few

using Buffer = std::array<std::uint8_t, qrcodegen_BUFFER_LEN_MAX>;

/// The smallest code of these bytes. False if there are none, or more than a code holds.
bool encode(std::string_view text, Buffer& code) {
    Buffer data_and_room;
    if (text.empty() || text.size() > data_and_room.size()) {
        return false;
    }
    std::copy(text.begin(), text.end(), data_and_room.begin());
    return qrcodegen_encodeBinary(data_and_room.data(), text.size(), code.data(), qrcodegen_Ecc_LOW,
                                  qrcodegen_VERSION_MIN, qrcodegen_VERSION_MAX, qrcodegen_Mask_AUTO, false);
}

}  // namespace

std::vector<std::string> qr_text(std::string_view text) {
    std::vector<std::string> lines;
    Buffer code;
    if (!encode(text, code)) {
        return lines;
    }
    const int size = qrcodegen_getSize(code.data());
    const auto is_light = [&](int x, int y) { return !qrcodegen_getModule(code.data(), x, y); };  // also outside
    for (int y = -margin; y < size + margin; y += 2) {
        std::string& line = lines.emplace_back();
        for (int x = -margin; x < size + margin; ++x) {
            const bool upper = is_light(x, y);
            const bool lower = y + 1 < size + margin && is_light(x, y + 1);
            line += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
        }
    }
    return lines;
}

}  // namespace ferrotunnel::cli
