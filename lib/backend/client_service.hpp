// A client's services, which its trunks look up when a visitor arrives.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "backend/backend.hpp"
#include "backend/folder.hpp"
#include "backend/health.hpp"
#include "backend/host_rejection.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "metrics/service_counters.hpp"
#include "mux/stream.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::transport {
class SealContext;
}

namespace ferrotunnel::backend {

/// A service as the client offers it. Either `backend` or `on_stream` serves its visitors.
struct ClientService {
    std::uint32_t id = 0;
    std::string name;
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::string with{};             // for udp: the tcp service whose number it has as well; either both exist, or
                                    // neither
    std::uint16_t remote_port = 0;  // for tcp; 0: the server's choice
    std::string bind{};             // for tcp and udp: an IP address; empty: the server's choice
    wire::HttpPart http;            // for http; without a host: the server's choice
    wire::TlsPart tls;              // for tls
    wire::PluginsPart plugins{};    // that are requested from the server
    wire::GroupPart group{};        // with the clients that share it
    std::optional<std::array<std::uint8_t, 32>> token{};  // the service's own token, which the server wants proved
    Duration udp_idle = limits::udp_idle_default;         // for udp
    Backend backend;
    std::shared_ptr<const HealthCheckSettings> health{};  // how the backend is checked; null if it is not
    /// For a private service with a key: visitors prove it, and all bytes are sealed. Null if there is none.
    std::shared_ptr<const transport::SealContext> seal{};
    bool visited_by_datagrams = false;  // for a private service: the sealed bytes contain datagrams, for a UDP backend
    std::shared_ptr<BackendState> backend_state = std::make_shared<BackendState>();
    std::shared_ptr<HostRejectionLog> host_rejection_log = std::make_shared<HostRejectionLog>();
    std::shared_ptr<metrics::ServiceRow> row{};  // counts its traffic; null if it is not counted
    /// Takes a stream: attach it and accept it, or abort it. Called on the worker of the stream's trunk, so possibly on
    /// several workers at once. Empty: the stream is connected to `backend`.
    std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> on_stream;

    /// Whether the server chooses the public address of the service.
    bool is_assigned() const noexcept {
        return kind == wire::ServiceKind::http
                   ? http.hosts.empty()
                   : (kind == wire::ServiceKind::tcp || kind == wire::ServiceKind::udp) && remote_port == 0;
    }
};

/// A client's services by id. Any thread: trunks on several workers look services up, and the link changes them. A lock
/// is good enough, since it is taken once per visitor.
class ServiceTable {
public:
    /// Notifies streams that a folder serves at present if the folder no longer belongs to the service.
    void put(std::shared_ptr<const ClientService> service) {
        const MutexLock lock(mutex_);
        std::shared_ptr<const ClientService>& place = services_[service->id];
        if (place && place->backend.folder && place->backend.folder != service->backend.folder) {
            place->backend.folder->retire();
        }
        place = std::move(service);
    }
    void erase(std::uint32_t id) {
        const MutexLock lock(mutex_);
        services_.erase(id);
    }
    /// The service with this id; null if there is none.
    std::shared_ptr<const ClientService> find(std::uint32_t id) const {
        const MutexLock lock(mutex_);
        auto found = services_.find(id);
        return found == services_.end() ? nullptr : found->second;
    }

private:
    mutable Mutex mutex_;
    std::map<std::uint32_t, std::shared_ptr<const ClientService>> services_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::backend
