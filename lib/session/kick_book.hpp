// Clients that an operator keeps out of a server for a time. Who that is outlives the client's process: the token and
// the name that the client gives itself; of a client without a name, the token and the instance, which is new with each
// process. A server that starts again has forgotten them.
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

/// Any thread.
class KickBook {
public:
    /// A client, and how the operator names it.
    struct Client {
        directory::ClientId client;
        std::string name;  // as the client says it; may be empty
        std::string token_name;
        std::uint64_t id = 0;
    };
    struct Row {
        Client who;
        Duration left{};
    };

    explicit KickBook(std::size_t clients_max = limits::kicked_max) : clients_max_(clients_max) {}

    /// Keeps all of these out until then, in the place of what was said of them before; false: there is no room for
    /// all, and nothing has changed.
    bool keep_out(const std::vector<Client>& clients, TimePoint until, TimePoint now);
    /// The same of those that are kept out and have this id, or else this name. Returns how many there are.
    std::size_t change(const std::string& client, TimePoint until, TimePoint now);

    /// How long the client has still to wait; nothing: it may come.
    std::optional<Duration> left(const directory::ClientId& client, const std::string& name, TimePoint now) const;
    /// Those that are kept out, at most `clients_max`.
    std::vector<Row> rows(TimePoint now) const;

private:
    using Key = std::tuple<login::TokenId, std::string, wire::InstanceId>;
    struct Entry {
        Client who;
        TimePoint until;
    };

    static Key key_of(const directory::ClientId& client, const std::string& name);
    void forget_over(TimePoint now) REQUIRES(mutex_);

    const std::size_t clients_max_;
    mutable Mutex mutex_;
    std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
};

/// "9m58s", "1h5m", "3d2h"; begun seconds count whole.
std::string text_of_wait(Duration left);

}  // namespace ferrotunnel::session
