// Clients that an operator keeps out of a server for a time. A client is identified beyond the life of its process: by
// the token and its own name; without a name, by the token and the instance, which is new with each process. A
// restarted server has forgotten them, unless other members of its cluster know them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/registry.hpp"
#include "session/limits.hpp"

namespace ferrotunnel::session {

/// How a text names clients of a server.
enum class ClientNaming : std::uint8_t {
    id_or_name,  // as people type it: the client with this id, or otherwise those with this name
    id,
    name,
};

/// One or more clients of a server.
struct ClientQuery {
    std::string text;
    ClientNaming naming = ClientNaming::id_or_name;

    bool allows_id() const noexcept { return naming != ClientNaming::name; }
    bool allows_name() const noexcept { return naming != ClientNaming::id; }
};

/// Thread-safe.
class KickList {
public:
    /// A client as the operator names it.
    struct Client {
        directory::ClientId client;
        std::string name;  // the client's own name; may be empty
        std::string token_name;
        std::uint64_t id = 0;  // at this server; 0: it was kicked at another one
        std::string member{};  // of the cluster, which keeps it out; empty: this server
    };
    struct Row {
        Client who;
        Duration left{};
    };

    explicit KickList(std::size_t clients_max = limits::kicked_max) : clients_max_(clients_max) {}

    /// Keeps all of these out until `until`, replacing earlier times. Returns false and changes nothing if there is no
    /// room for all.
    bool keep_out(const std::vector<Client>& clients, TimePoint until, TimePoint now);
    /// Like keep_out(), for clients that are kept out already. Returns them.
    std::vector<Client> change(const ClientQuery& client, TimePoint until, TimePoint now);
    /// Another member of the cluster keeps the client out, or the same one until another time. What this server knows
    /// of the client stays. Returns false if there is no room.
    bool hear(const Client& client, TimePoint until, TimePoint now);
    /// The client may connect again.
    void forget(const directory::ClientId& client, const std::string& name);

    /// The client, and how long it must still wait. Empty if it may connect.
    std::optional<Row> find(const directory::ClientId& client, const std::string& name, TimePoint now) const;
    /// The clients that are kept out, at most `clients_max`.
    std::vector<Row> rows(TimePoint now) const;

private:
    using Key = std::tuple<login::TokenId, std::string, wire::InstanceId>;
    struct Entry {
        Client who;
        TimePoint until;
    };

    static Key key_of(const directory::ClientId& client, const std::string& name);
    void remove_expired(TimePoint now) REQUIRES(mutex_);

    const std::size_t clients_max_;
    mutable Mutex mutex_;
    std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
};

/// "9m58s", "1h5m", "3d2h"; a started second counts as a whole one.
std::string format_wait(Duration left);

}  // namespace ferrotunnel::session
