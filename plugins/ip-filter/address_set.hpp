// A set of addresses: sorted and merged ranges, searched by bisection.
#pragma once

#include <cstddef>
#include <vector>

#include "common/ip_range.hpp"

namespace ferrotunnel::plugins {

/// Sorted ranges of one family that neither overlap nor touch.
template <typename Number>
class Intervals {
public:
    /// The ranges may overlap, in any order.
    explicit Intervals(std::vector<std::pair<Number, Number>> ranges);

    bool contains(const Number& number) const noexcept;
    std::size_t size() const noexcept { return ranges_.size(); }

private:
    std::vector<std::pair<Number, Number>> ranges_;
};

class AddressSet {
public:
    /// The ranges may overlap, in any order.
    explicit AddressSet(const std::vector<IpRange>& ranges);

    /// Thread-safe. Does not allocate.
    bool contains(const IpAddress& address) const noexcept;
    /// The number of ranges after merging those that overlap or touch.
    std::size_t size() const noexcept { return v4_.size() + v6_.size(); }

private:
    Intervals<Ipv4> v4_;
    Intervals<Ipv6> v6_;
};

}  // namespace ferrotunnel::plugins
