// Names of hosts for tables of any size.
#pragma once

#include <cstdint>
#include <string>

inline std::string host_name(std::int64_t host) {
    return "tenant-" + std::to_string(host) + ".apps.example.com";
}
