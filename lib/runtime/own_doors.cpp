#include "runtime/own_doors.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace ferrotunnel::runtime {
namespace {

class OwnDoorCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "own door"; }
    std::string message(int) const override { return "it is this program's own control API, which no tunnel reaches"; }
};

bool is_same_socket(const std::string& dialled, const std::string& bound) noexcept {
    struct stat to {};
    struct stat at {};
    return ::stat(dialled.c_str(), &to) == 0 && ::stat(bound.c_str(), &at) == 0 && to.st_dev == at.st_dev &&
           to.st_ino == at.st_ino;
}

}  // namespace

class OwnDoors {
public:
    void add(const OwnDoor& door) {
        const std::lock_guard lock(mutex_);
        doors_.push_back(&door);
        count_.store(doors_.size());
    }

    void remove(const OwnDoor& door) noexcept {
        const std::lock_guard lock(mutex_);
        std::erase(doors_, &door);
        count_.store(doors_.size());
    }

    template <typename Place, typename IsSame>
    bool has(const Place& to, IsSame is_same) noexcept {
        if (count_.load(std::memory_order_relaxed) == 0) {
            return false;
        }
        const std::lock_guard lock(mutex_);
        return std::ranges::any_of(doors_, [&](const OwnDoor* door) {
            const auto* at = std::get_if<Place>(&door->place_);
            return at != nullptr && is_same(to, *at);
        });
    }

private:
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    std::vector<const OwnDoor*> doors_;  // up to three for each Client and Server of the process
};

namespace {

// Never destroyed, since what outlives main() may have a door.
OwnDoors& own_doors() noexcept {
    static auto* const doors = new OwnDoors;
    return *doors;
}

}  // namespace

OwnDoor::OwnDoor(const SocketAddress& at) : place_(at) {
    own_doors().add(*this);
}

OwnDoor::OwnDoor(std::string path) : place_(std::move(path)) {
    own_doors().add(*this);
}

OwnDoor::~OwnDoor() {
    own_doors().remove(*this);
}

// 0.0.0.0 and :: stand for the loopback address of their family when they are connected to.
bool ends_at(const SocketAddress& dialled, const SocketAddress& bound) noexcept {
    if (dialled.port() != bound.port()) {
        return false;
    }
    const net::Address to = visitor_address(dialled);
    const net::Address at = visitor_address(bound);
    return to == at || (dialled.is_unspecified() && bound.is_loopback() && to.family == at.family);
}

bool leads_to_own_door(const SocketAddress& to) noexcept {
    return own_doors().has(to, ends_at);
}

bool leads_to_own_door(const std::string& path) noexcept {
    return own_doors().has(path, is_same_socket);
}

std::error_code own_door_error() noexcept {
    static const OwnDoorCategory category;
    return {1, category};
}

}  // namespace ferrotunnel::runtime
