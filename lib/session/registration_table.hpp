// What plugins have decided on the services of clients, so that they are asked once for a service and not once for each
// trunk: trunks that ask meanwhile wait for the first one, and those that come later join what was decided.
//
//   unknown --enter: ask--> asked --accept--> accepted --registered--> decided
//      '<--given up: refused, or the trunk is lost --'                   '--last trunk left--> kept 60 s --> unknown
//
// Who waits is told when the service is registered and not before, so that it finds what the server has assigned.
// A service is known by its client, its id and a digest of its description; with what the server has assigned (a port,
// a host) it is the same service, since that is how a client asks for it on its other trunks.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/registry.hpp"
#include "hooks/session_run.hpp"
#include "login/key.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// A digest of all that a client says of a service.
login::Digest digest_of(const wire::Service& service);

class RegistrationTable {
public:
    static constexpr Duration kept_for = std::chrono::seconds(60);
    /// Decisions that no trunk has, over all clients; the oldest goes.
    static constexpr std::size_t kept_max = 1'024;

    struct Key {
        directory::ClientId client{};
        std::uint32_t service = 0;
        login::Digest digest{};

        friend bool operator<(const Key& a, const Key& b) noexcept {
            return std::tie(a.client, a.service, a.digest) < std::tie(b.client, b.service, b.digest);
        }
    };
    using Decision = std::shared_ptr<const hooks::Amendments>;
    /// Called on any thread, with no lock held, when what was waited for is decided or given up: enter again.
    using Told = std::function<void()>;

    enum class Answer : std::uint8_t { ask, wait, join };

    /// A trunk wants the service. `ask`: it asks the plugins, and says what came of it; `wait`: another one does, and
    /// `told` is called; `join`: that was decided, and `key` becomes the name under which it was asked for.
    Answer enter(Key& key, directory::SessionKey trunk, TimePoint now, Told told, Decision& decision);
    /// The plugins that this trunk has asked accept the service.
    void accept(const Key& key, directory::SessionKey trunk, Decision decision);
    /// The trunk has tried to register what it has accepted. Who waits joins.
    void registered(const Key& key, directory::SessionKey trunk);
    /// The trunk does not ask, wait or have the service any more.
    void leave(const Key& key, directory::SessionKey trunk, TimePoint now);
    /// The server has assigned something, with which the service is `also` as well.
    void add_name(const Key& key, const Key& also);
    /// The client does not want the service any more, which this trunk has.
    void forget(const Key& key, directory::SessionKey trunk);

    /// How many services are known. For tests.
    std::size_t size() const;

private:
    using Waiting = std::vector<std::pair<directory::SessionKey, Told>>;
    struct Entry {
        std::vector<Key> names;
        directory::SessionKey asker = 0;  // until it has registered the service; 0: nobody asks
        Decision decision;                // null: undecided
        std::vector<directory::SessionKey> trunks;
        Waiting waiting;
        TimePoint kept_until = never;
        std::list<std::shared_ptr<Entry>>::iterator place{};  // among those that are kept
    };
    using EntryPtr = std::shared_ptr<Entry>;

    EntryPtr find(const Key& key) const REQUIRES(mutex_);
    static void tell(const Waiting& waiting);
    void keep(const EntryPtr& entry, TimePoint now) REQUIRES(mutex_);
    void unkeep(const EntryPtr& entry) REQUIRES(mutex_);
    void erase(const EntryPtr& entry) REQUIRES(mutex_);

    mutable Mutex mutex_;
    std::map<Key, EntryPtr> entries_ GUARDED_BY(mutex_);
    std::list<EntryPtr> kept_ GUARDED_BY(mutex_);  // by the end of their time
};

}  // namespace ferrotunnel::session
