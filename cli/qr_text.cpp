#include "qr_text.hpp"

#include <qrencode.h>

#include <memory>

namespace ferrotunnel::cli {
namespace {

constexpr int margin = 2;  // the standard has 4; readers are content with 2, and lines are few

struct FreeCode {
    void operator()(QRcode* code) const noexcept { QRcode_free(code); }
};

bool is_light(const QRcode& code, int x, int y) {
    const bool is_inside = x >= 0 && y >= 0 && x < code.width && y < code.width;
    return !is_inside || (code.data[y * code.width + x] & 1U) == 0;
}

}  // namespace

std::vector<std::string> qr_text(std::string_view text) {
    const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeData(
        static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L));
    std::vector<std::string> lines;
    if (!code) {
        return lines;
    }
    for (int y = -margin; y < code->width + margin; y += 2) {
        std::string& line = lines.emplace_back();
        for (int x = -margin; x < code->width + margin; ++x) {
            const bool upper = is_light(*code, x, y);
            const bool lower = y + 1 < code->width + margin && is_light(*code, x, y + 1);
            line += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
        }
    }
    return lines;
}

}  // namespace ferrotunnel::cli
