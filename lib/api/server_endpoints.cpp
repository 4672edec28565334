#include "api/server_endpoints.hpp"

#include "runtime/address.hpp"

namespace ferrotunnel::detail {

const char* name_of(Endpoint endpoint) noexcept {
    switch (endpoint) {
        case Endpoint::clients:
            return "clients";
        case Endpoint::http:
            return "http";
        case Endpoint::https:
            return "https";
        case Endpoint::cluster:
            return "cluster";
        case Endpoint::connect:
            break;
    }
    return "connect";
}

void ServerEndpoints::add(Endpoint endpoint, const runtime::Fd& listener) {
    std::string address = runtime::local_address(listener.get()).text();
    const MutexLock lock(mutex_);
    addresses_.at(static_cast<std::size_t>(endpoint)) = std::move(address);
    sockets_.push_back({runtime::copy_of(listener.get()), name_of(endpoint)});
}

std::string ServerEndpoints::address(Endpoint endpoint) const {
    const MutexLock lock(mutex_);
    return addresses_.at(static_cast<std::size_t>(endpoint));
}

std::vector<runtime::NamedSocket> ServerEndpoints::sockets() const {
    std::vector<runtime::NamedSocket> copies;
    const MutexLock lock(mutex_);
    for (const runtime::NamedSocket& one : sockets_) {
        copies.push_back({runtime::copy_of(one.socket.get()), one.name});
    }
    return copies;
}

void ServerEndpoints::drop_sockets() {
    const MutexLock lock(mutex_);
    sockets_.clear();
}

}  // namespace ferrotunnel::detail
