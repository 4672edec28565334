// The share of an exchange in a queue: by its service's token, and within it by the visitor's network.
#pragma once

#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Clients choose the names of services, which would give one token as many shares as it likes, or another token's.
/// Without a token, from an older server, the service's name is used. Does not allocate.
inline Share share_of(const ShareKeys& shares, const plugin::Exchange& exchange) {
    const plugin::Text token = exchange.token();
    return token.empty() ? shares.of("service", exchange.service(), exchange.visitor())
                         : shares.of("token", token, exchange.visitor());
}

}  // namespace ferrotunnel::plugins
