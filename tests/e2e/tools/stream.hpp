// A socket that is read by lines and counted bytes, as HTTP wants it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "actions.hpp"
#include "socket.hpp"

namespace e2e {

/// False when the peer has gone.
bool send_all(const Socket& socket, std::string_view bytes);

/// What is between the slashes of a path.
std::vector<std::string> parts_of(const std::string& path);

/// A socket and what was read of it.
class StreamReader {
public:
    explicit StreamReader(const Socket& socket, int patience_ms = 60'000)
        : socket_(socket), patience_ms_(patience_ms) {}

    /// Reads once; false when the connection has ended, or nothing came for too long.
    bool more();
    /// Reads up to and including `end`; empty when the connection ends before.
    std::string until(std::string_view end);
    bool exactly(std::size_t size, std::string& into);
    /// What was read and not taken yet.
    std::string rest() { return take(buffer_.size()); }
    bool is_empty() const { return buffer_.empty(); }
    /// Why more() was false.
    Ending ending() const { return ending_; }

private:
    std::string take(std::size_t size);

    const Socket& socket_;
    const int patience_ms_;
    std::string buffer_;
    Ending ending_ = Ending::none;
};

}  // namespace e2e
