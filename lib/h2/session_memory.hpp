// The memory of libnghttp2's sessions. Each has a buffer for the largest frame that it writes, 16 KiB, of which only
// the begin is ever used: what DATA carries goes past it. Where that comes from memory that was used before, an idle
// connection would hold all of it.
#pragma once

#include <nghttp2/nghttp2.h>

namespace ferrotunnel::h2 {

/// As the library's own, but that large blocks come without their pages. Thread safe.
nghttp2_mem& session_memory() noexcept;

}  // namespace ferrotunnel::h2
