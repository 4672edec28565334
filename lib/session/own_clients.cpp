#include "session/own_clients.hpp"

#include <set>

#include "base/mutex.hpp"

namespace ferrotunnel::session {
namespace {

struct OwnClients {
    Mutex mutex;
    std::set<wire::InstanceId> instances GUARDED_BY(mutex);
};

OwnClients& own_clients() {
    static OwnClients* const known = new OwnClients;  // clients may outlive static objects
    return *known;
}

}  // namespace

void add_own_client(const wire::InstanceId& instance) {
    const MutexLock lock(own_clients().mutex);
    own_clients().instances.insert(instance);
}

void remove_own_client(const wire::InstanceId& instance) noexcept {
    const MutexLock lock(own_clients().mutex);
    own_clients().instances.erase(instance);
}

bool is_own_client(const wire::InstanceId& instance) {
    const MutexLock lock(own_clients().mutex);
    return own_clients().instances.contains(instance);
}

}  // namespace ferrotunnel::session
