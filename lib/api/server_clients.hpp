// Control API requests about the clients of a Server: it ends their sessions, keeps them out, and forwards requests
// about their services.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/subject.hpp"
#include "api/event_delivery.hpp"
#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "session/kick_list.hpp"

namespace ferrotunnel::detail {

/// A client is named as for ServerSessions::called(). Thread-safe. Holds no lock.
class ServerClients {
public:
    struct Needs {
        const ServerSessions& sessions;
        std::shared_ptr<session::KickList> kicked;
        EventDelivery& events;
        SinkLogger& log;
        /// Clients that are kept out are kept out of the other servers of the cluster too; with a time of zero their
        /// connections to these end. Empty: there are none.
        std::function<void(const std::vector<session::KickList::Client>&, Duration)> publish{};
    };
    explicit ServerClients(Needs needs) : needs_(std::move(needs)) {}
    ServerClients(const ServerClients&) = delete;
    ServerClients& operator=(const ServerClients&) = delete;

    struct Kicked {
        std::size_t ended = 0;
        std::size_t kept_out = 0;
    };
    /// The number of clients disconnected, and of those kept out. Empty: no more can be kept out, and none was
    /// disconnected.
    std::optional<Kicked> kick(const session::ClientQuery& client, std::chrono::milliseconds keep_out = {});
    /// Forwards `request` to the client and waits up to limits::manage_timeout for its answer; 504 after that. Must not
    /// be called on a worker.
    admin::Answer forward_request(const std::string& client, const admin::Json& request);
    /// The connected clients of this name; an id is not a name.
    admin::Answer named(const std::string& name) const;
    /// The answer if there is no client of this name.
    static admin::Answer no_client(const std::string& client);

private:
    std::vector<session::KickList::Client> described(const SessionsByClient& clients) const;
    std::optional<std::size_t> keep_out(const session::ClientQuery& client, const SessionsByClient& clients,
                                        std::chrono::milliseconds time);

    const Needs needs_;
};

}  // namespace ferrotunnel::detail
