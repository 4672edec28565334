// A set of addresses: ranges that are sorted and merged, in which an address is found by halving.
#pragma once

#include <cstddef>
#include <vector>

#include "common/ip_range.hpp"

namespace ferrotunnel::plugins {

/// Sorted ranges of one family that neither overlap nor touch.
template <typename Number>
class Intervals {
public:
    /// In any order, and overlapping.
    explicit Intervals(std::vector<std::pair<Number, Number>> ranges);

    bool contains(const Number& number) const noexcept;
    std::size_t size() const noexcept { return ranges_.size(); }

private:
    std::vector<std::pair<Number, Number>> ranges_;
};

class AddressSet {
public:
    /// Ranges in any order, which may overlap.
    explicit AddressSet(const std::vector<IpRange>& ranges);

    /// Any thread. It allocates nothing.
    bool contains(const IpAddress& address) const noexcept;
    /// The ranges that are left when those that overlap or touch are one.
    std::size_t size() const noexcept { return v4_.size() + v6_.size(); }

private:
    Intervals<Ipv4> v4_;
    Intervals<Ipv6> v6_;
};

}  // namespace ferrotunnel::plugins
