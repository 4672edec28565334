// Cluster keys for tests of links.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "transport/cluster_key.hpp"

namespace ferrotunnel::transport::test {

inline ClusterKey cluster_key(std::uint8_t fill, std::uint32_t number = 1) {
    std::array<std::uint8_t, ClusterKey::size_bytes> secret{};
    secret.fill(fill);
    return ClusterKey(secret, number);
}

inline std::string text_of(const ClusterKey& key) {
    std::string text;
    text.reserve(cluster_key_length);
    key.append_text(text);
    return text;
}

}  // namespace ferrotunnel::transport::test
