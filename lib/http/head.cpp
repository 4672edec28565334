#include "http/head.hpp"

#include <algorithm>

namespace ferrotunnel::http {

bool UpgradeOffer::has(std::string_view protocol) const noexcept {
    ListItems items(text());
    std::string_view offered;
    while (items.next(offered)) {
        if (same_text(offered, protocol)) {
            return true;
        }
    }
    return false;
}

bool UpgradeOffer::add(std::string_view protocol) noexcept {
    constexpr std::string_view comma = ", ";
    const std::size_t before = size_ == 0 ? 0 : comma.size();
    if (protocol.size() + before > text_.size() - size_) {
        return false;
    }
    std::copy_n(comma.begin(), before, text_.begin() + size_);
    std::copy(protocol.begin(), protocol.end(), text_.begin() + size_ + before);
    size_ = static_cast<std::uint8_t>(size_ + before + protocol.size());
    return true;
}

}  // namespace ferrotunnel::http
