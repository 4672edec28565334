// The outcome of a non-blocking read or write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ferrotunnel::runtime {

enum class IoStatus : std::uint8_t {
    ok,           // call again at once if you want more
    would_block,  // wait for the next event
    eof,          // reads: the peer ended its direction in order
    error,        // see IoResult::error; the connection is lost
};

/// `bytes` counts with every status: process the bytes first, then check why the call stopped.
struct IoResult {
    std::size_t bytes = 0;
    IoStatus status = IoStatus::ok;
    std::error_code error;
};

}  // namespace ferrotunnel::runtime
