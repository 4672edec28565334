#include "session/server_instances.hpp"

namespace ferrotunnel::session {

std::unique_ptr<ServerInstances::Stay> ServerInstances::enter(unsigned side, const wire::InstanceId& server) {
    const MutexLock lock(mutex_);
    const auto [found, is_new] = servers_.try_emplace(server, Sessions{side, 0});
    if (found->second.side != side) {
        return nullptr;
    }
    try {
        auto stay = std::make_unique<Stay>(shared_from_this(), server);
        ++found->second.count;
        return stay;
    } catch (...) {
        if (is_new) {
            servers_.erase(found);
        }
        throw;
    }
}

void ServerInstances::leave(const wire::InstanceId& server) noexcept {
    const MutexLock lock(mutex_);
    const auto found = servers_.find(server);
    if (--found->second.count == 0) {
        servers_.erase(found);
    }
}

}  // namespace ferrotunnel::session
