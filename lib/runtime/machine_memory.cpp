#include "runtime/machine_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace ferrotunnel::runtime {
namespace {

constexpr std::uint64_t unlimited = UINT64_MAX;

// Parses a limit as the kernel writes it: a number, or "max". A file that cannot be read limits nothing.
std::uint64_t read_limit(const std::string& path) {
    std::ifstream file(path);
    std::string word;
    file >> word;
    std::uint64_t limit = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), limit);
    return error == std::errc() && end == word.data() + word.size() && limit != 0 ? limit : unlimited;
}

// The lowest limit of a group and of the groups around it, each of which limits its members. Inside a container the
// path may lead nowhere: then the container's own limit is at the root.
std::uint64_t least_limit(const std::string& mount, std::string group, const char* file) {
    std::uint64_t least = unlimited;
    while (true) {
        least = std::min(least, read_limit(mount + group + '/' + file));
        const std::size_t slash = group.rfind('/');
        if (slash == std::string::npos) {
            return least;
        }
        group.resize(slash);
    }
}

bool names(std::string_view controllers, std::string_view one) {
    while (!controllers.empty()) {
        const std::size_t comma = std::min(controllers.find(','), controllers.size());
        if (controllers.substr(0, comma) == one) {
            return true;
        }
        controllers.remove_prefix(std::min(comma + 1, controllers.size()));
    }
    return false;
}

std::uint64_t physical_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : unlimited;
}

}  // namespace

// Lines of /proc/self/cgroup are `number:controllers:path`; version 2 has number 0 and no controllers.
std::uint64_t machine_memory(const std::string& root) {
    std::uint64_t least = physical_memory();
    std::ifstream groups(root + "/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
        const std::string group = line.substr(second + 1);
        if (controllers.empty()) {
            least = std::min(least, least_limit(root + "/sys/fs/cgroup", group, "memory.max"));
        } else if (names(controllers, "memory")) {
            least = std::min(least, least_limit(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
        }
    }
    return least;
}

}  // namespace ferrotunnel::runtime
