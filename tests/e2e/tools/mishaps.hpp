// The backend of http_mishaps.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace e2e {

void print_line(const std::string& line);

/// Serves for ever; the port, which may be 0, is written into the file when it listens.
[[noreturn]] void serve_mishaps(const std::string& port_file, std::uint16_t port);

/// SHA-256 in hexadecimal digits, of bytes that come one after the other.
class Digest {
public:
    Digest();
    ~Digest();
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;
    void add(std::string_view bytes);
    std::string hex();

private:
    void* context_;
};

}  // namespace e2e
