#include "base/iso_time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace ferrotunnel {

void append_iso_time(std::string& to, std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(time);
    const std::time_t second = system_clock::to_time_t(whole);
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1'900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(duration_cast<milliseconds>(time - whole).count()));
    to += text.data();
}

}  // namespace ferrotunnel
