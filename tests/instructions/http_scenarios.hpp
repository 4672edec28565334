// Scenarios of heads and bodies of HTTP.
#pragma once

#include <cstdint>

namespace ferrotunnel::instructions {

void http_small(std::uint64_t requests);
void http_browser(std::uint64_t requests);
void http_exchange(std::uint64_t exchanges);
void http_chunks(std::uint64_t chunks);

}  // namespace ferrotunnel::instructions
