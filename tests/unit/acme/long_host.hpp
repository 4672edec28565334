// Hosts of a given length.
#pragma once

#include <cstddef>
#include <string>

namespace ferrotunnel::acme {

inline std::string host_of_length(std::size_t size) {
    std::string host = "a.example";
    while (host.size() + 4 <= size) {
        host.insert(0, "xyz.");
    }
    return std::string(size - host.size(), 'x') + host;
}

}  // namespace ferrotunnel::acme
