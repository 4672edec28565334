#include "backend/self_loop_detector.hpp"

#include <algorithm>
#include <chrono>
#include <new>

namespace ferrotunnel::backend {
namespace {

constexpr auto report_every = std::chrono::minutes(1);

bool same_host(const net::Address& a, const net::Address& b) noexcept {
    return a.family == b.family && a.bytes == b.bytes;
}

bool is_loopback(const net::Address& address) noexcept {
    if (address.family == 4) {
        return address.bytes[0] == 127;
    }
    return address.family == 6 && address.bytes[15] == 1 &&
           std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

void SelfLoopDetector::set_public_port(std::uint32_t service, std::uint16_t port) {
    const MutexLock lock(mutex_);
    if (port == 0) {
        services_.erase(service);
    } else {
        services_[service].port = port;
    }
}

void SelfLoopDetector::set_server(const net::Address& server, unsigned side) {
    const MutexLock lock(mutex_);
    servers_.at(side) = server;
}

bool SelfLoopDetector::is_public_port(std::uint16_t port) const {
    return std::any_of(services_.begin(), services_.end(),
                       [port](const auto& service) { return service.second.port == port; });
}

bool SelfLoopDetector::may_loop(std::uint16_t backend_port) const {
    const MutexLock lock(mutex_);
    return is_public_port(backend_port);
}

// The same port number on another machine is not a loop: the public ports are on this machine, or on a server's.
std::unique_ptr<SelfLoopDetector::Watch> SelfLoopDetector::watch(const net::Address& from, const net::Address& to) {
    const MutexLock lock(mutex_);
    const bool here = is_loopback(to) || same_host(to, from) ||
                      std::ranges::any_of(servers_, [&](const net::Address& server) { return same_host(to, server); });
    if (from.family == 0 || !here || !is_public_port(to.port)) {
        return nullptr;
    }
    const Connection connection{from, to.port};
    const auto place = watched_.emplace(from.port, connection);
    try {
        return std::make_unique<Watch>(shared_from_this(), connection);
    } catch (const std::bad_alloc&) {
        watched_.erase(place);
        throw;
    }
}

void SelfLoopDetector::forget(const Connection& connection) {
    const MutexLock lock(mutex_);
    auto [each, last] = watched_.equal_range(connection.from.port);
    for (; each != last; ++each) {
        if (each->second == connection) {
            watched_.erase(each);
            return;
        }
    }
}

bool SelfLoopDetector::is_own(const net::Address& visitor, std::uint32_t service) const {
    const MutexLock lock(mutex_);
    if (watched_.empty()) {
        return false;
    }
    const auto known = services_.find(service);
    if (known == services_.end()) {
        return false;
    }
    const Connection wanted{visitor, known->second.port};
    const auto [first, last] = watched_.equal_range(visitor.port);
    return std::any_of(first, last, [&wanted](const auto& entry) { return entry.second == wanted; });
}

bool SelfLoopDetector::may_report(std::uint32_t service, TimePoint now) {
    const MutexLock lock(mutex_);
    auto known = services_.find(service);
    if (known == services_.end() || (known->second.reported && now - known->second.reported_at < report_every)) {
        return false;
    }
    known->second.reported = true;
    known->second.reported_at = now;
    return true;
}

}  // namespace ferrotunnel::backend
