// Shares of a FairQueue for visitors and clients: by token or service, and within it by network.
#pragma once

#include <string_view>

#include "common/fair_queue.hpp"
#include "common/keyed_hash.hpp"

namespace ferrotunnel::plugins {

/// Thread-safe.
class ShareKeys {
public:
    /// The share of an address within a group. Names of one `kind` differ from those of another. A member is an IPv4
    /// /24 or an IPv6 /48. Does not allocate.
    Share of(std::string_view kind, std::string_view group, std::string_view address) const noexcept;

private:
    KeyedHash hash_;
};

}  // namespace ferrotunnel::plugins
