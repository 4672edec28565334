#include "ip-filter/address_set.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::plugins {
namespace {

// Whether a range that begins at `next` continues one that ends at `last`.
bool touches(Ipv4 last, Ipv4 next) noexcept {
    return next <= last || next - last == 1;
}
bool touches(const Ipv6& last, const Ipv6& next) noexcept {
    const Ipv6 behind{last.low == ~std::uint64_t{0} ? last.high + 1 : last.high, last.low + 1};
    return next <= last || next == behind;
}

template <typename Number>
std::vector<std::pair<Number, Number>> of_family(const std::vector<IpRange>& ranges) {
    std::vector<std::pair<Number, Number>> chosen;
    for (const IpRange& range : ranges) {
        if (std::holds_alternative<Number>(range.first)) {
            chosen.emplace_back(std::get<Number>(range.first), std::get<Number>(range.last));
        }
    }
    return chosen;
}

}  // namespace

template <typename Number>
Intervals<Number>::Intervals(std::vector<std::pair<Number, Number>> ranges) : ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end());
    auto merged = ranges_.begin();
    for (auto next = ranges_.begin(); next != ranges_.end(); ++next) {
        if (next == ranges_.begin()) {
            continue;
        }
        if (touches(merged->second, next->first)) {
            merged->second = std::max(merged->second, next->second);
        } else {
            *++merged = *next;
        }
    }
    if (!ranges_.empty()) {
        ranges_.erase(merged + 1, ranges_.end());
    }
    ranges_.shrink_to_fit();
}

template <typename Number>
bool Intervals<Number>::contains(const Number& number) const noexcept {
    // The first range that begins after the number; only the one before it can contain it.
    const auto behind = std::upper_bound(ranges_.begin(), ranges_.end(), number,
                                         [](const Number& wanted, const auto& range) { return wanted < range.first; });
    return behind != ranges_.begin() && number <= std::prev(behind)->second;
}

AddressSet::AddressSet(const std::vector<IpRange>& ranges)
    : v4_(of_family<Ipv4>(ranges)), v6_(of_family<Ipv6>(ranges)) {}

bool AddressSet::contains(const IpAddress& address) const noexcept {
    const auto* const v4 = std::get_if<Ipv4>(&address);
    return v4 != nullptr ? v4_.contains(*v4) : v6_.contains(std::get<Ipv6>(address));
}

}  // namespace ferrotunnel::plugins
