// The share that an exchange has of a queue: that of its service's token, and within it that of the visitor's network.
#pragma once

#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Clients choose the names of services, so those would give one token as many shares as it likes, or another token's.
/// A server that is too old to name tokens leaves the service's name. Allocates nothing.
inline Share share_of(const ShareKeys& shares, const plugin::Exchange& exchange) {
    const plugin::Text token = exchange.token();
    return token.empty() ? shares.of("service", exchange.service(), exchange.visitor())
                         : shares.of("token", token, exchange.visitor());
}

}  // namespace ferrotunnel::plugins
