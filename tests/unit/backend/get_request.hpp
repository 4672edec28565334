// A GET request as a visitor writes it, of HTTP/1.1.
#pragma once

#include <string>

namespace ferrotunnel::test {

inline std::string get_request(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

}  // namespace ferrotunnel::test
