#include "fd_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ferrotunnel::cli {
namespace {

// A number that is equal for all descriptors of one socket, and different for other open sockets; 0 if it cannot be
// determined.
ino_t number_of(int descriptor) noexcept {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

FdStore::Owned::Owned(std::vector<PassedSocket> sockets) noexcept : sockets_(std::move(sockets)) {}

FdStore::Owned::~Owned() {
    for (const PassedSocket& socket : sockets_) {
        ::close(socket.descriptor);
    }
}

bool FdStore::Owned::is_complete() const noexcept {
    return std::ranges::none_of(sockets_, [](const PassedSocket& socket) { return socket.descriptor < 0; });
}

std::vector<FdStore::Change> FdStore::changes(const Owned& sockets) const {
    std::map<std::string, Change> wanted;
    std::set<std::string> unknown;
    for (const PassedSocket& socket : sockets.all()) {
        // Not UDP: a kept copy would hold the port, so that it could not be bound again.
        if (!socket.name.empty() && !socket.name.starts_with("udp-")) {
            Change& change = wanted[socket.name];
            change.descriptors.push_back(socket.descriptor);
            change.sockets.push_back(number_of(socket.descriptor));
            if (socket.descriptor < 0) {
                unknown.insert(socket.name);
            }
        }
    }
    std::vector<Change> changes;
    for (const auto& [name, numbers] : stored_) {
        if (!wanted.contains(name)) {
            changes.push_back({name, {}, {}});
        }
    }
    for (auto& [name, change] : wanted) {
        std::sort(change.sockets.begin(), change.sockets.end());
        const auto kept = stored_.find(name);
        if (!unknown.contains(name) && (kept == stored_.end() || kept->second != change.sockets)) {
            change.name = name;
            changes.push_back(std::move(change));
        }
    }
    return changes;
}

void FdStore::note(const Change& change) {
    if (change.sockets.empty()) {
        stored_.erase(change.name);
    } else {
        stored_.insert_or_assign(change.name, change.sockets);
    }
}

}  // namespace ferrotunnel::cli
