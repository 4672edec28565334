// Memory for libnghttp2's sessions. Each has a buffer for the largest frame that it writes, 16 KiB, of which only the
// beginning is ever used, since DATA bypasses it. If it came from memory that was used before, an idle connection would
// hold all of it.
#pragma once

#include <nghttp2/nghttp2.h>

namespace ferrotunnel::h2 {

/// Like the library's own, except that large blocks have no resident pages at first. Thread-safe.
nghttp2_mem& session_memory() noexcept;

}  // namespace ferrotunnel::h2
