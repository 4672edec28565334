#include "own_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "reach.hpp"

namespace ferrotunnel::cli {
namespace {

// FNV-1a: different texts should differ, and nobody gains by finding a collision.
class Digest {
public:
    void add(std::string_view text) {
        for (const char c : text) {
            take(static_cast<std::uint8_t>(c));
        }
        take(0);
    }
    std::uint64_t value() const noexcept { return value_; }

private:
    void take(std::uint8_t byte) {
        value_ ^= byte;
        value_ *= 0x0000'0100'0000'01b3U;
    }

    std::uint64_t value_ = 0xcbf2'9ce4'8422'2325U;
};

// Changes with each start of the machine.
std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string line;
    std::getline(file, line);
    return line;
}

}  // namespace

std::string own_identity(const Sources& sources, const std::vector<RequestedService>& wanted) {
    Digest digest;
    digest.add(boot_id());
    digest.add(host_name());
    digest.add(std::to_string(::geteuid()));
    if (sources.config != nullptr) {
        std::error_code ignored;
        digest.add(std::filesystem::absolute(sources.config->file(), ignored).lexically_normal().string());
    } else {
        std::vector<std::string> services;
        for (const RequestedService& one : wanted) {
            services.push_back(one.place + ' ' + one.address);
        }
        std::sort(services.begin(), services.end());
        digest.add(sources.options.command().name);
        digest.add(sources.options.operand().value_or(""));
        for (const std::string& service : services) {
            digest.add(service);
        }
    }
    return fmt::format("auto-{:016x}", digest.value());
}

}  // namespace ferrotunnel::cli
