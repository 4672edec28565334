// Plugin decisions on the services of clients, so that plugins are called once per service and not once per trunk:
// trunks that request it meanwhile wait for the first one, and later ones join the decision.
//
//   unknown --enter: ask--> pending --accept--> accepted --registered--> decided
//      '<---given up: refused, or the trunk is lost ---'                   '--last trunk left--> kept 60 s --> unknown
//
// Waiting trunks are notified when the service is registered and not before, so that they find what the server has
// assigned. A service is identified by its client, its id and a digest of its description; with what the server has
// assigned (a port, a host) it is the same service, since a client requests these on its other trunks.
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

/// A digest of a client's description of a service.
login::Digest digest_of(const wire::Service& service);

class RegistrationTable {
public:
    static constexpr Duration kept_for = std::chrono::seconds(60);
    /// Decisions without a trunk, over all clients; the oldest is dropped first.
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
    /// Called on any thread, with no lock held, when the decision was made or given up: call enter() again.
    using Callback = std::function<void()>;

    enum class Answer : std::uint8_t { ask, wait, join };

    /// A trunk requests the service. `ask`: it calls the plugins, and reports the result; `wait`: another one does, and
    /// `callback` is called; `join`: the decision exists, and `key` becomes the name under which it was requested.
    Answer enter(Key& key, directory::SessionKey trunk, TimePoint now, Callback callback, Decision& decision);
    /// The plugins called by this trunk accept the service.
    void accept(const Key& key, directory::SessionKey trunk, Decision decision);
    /// The trunk has tried to register what it has accepted. Waiting trunks join.
    void registered(const Key& key, directory::SessionKey trunk);
    /// The trunk gives up the service: it no longer requests it, waits for a decision, or has it registered.
    void leave(const Key& key, directory::SessionKey trunk, TimePoint now);
    /// The server has assigned something, with which the service is identified as `also`, too.
    void add_name(const Key& key, const Key& also);
    /// The client no longer wants the service, which this trunk has.
    void forget(const Key& key, directory::SessionKey trunk);

    /// Number of known services. For tests.
    std::size_t size() const;

private:
    using Waiting = std::vector<std::pair<directory::SessionKey, Callback>>;
    struct Entry {
        std::vector<Key> names;
        directory::SessionKey deciding_trunk = 0;  // the trunk that calls the plugins before it registers; 0: none
        Decision decision;                         // null: undecided
        std::vector<directory::SessionKey> trunks;
        Waiting waiting;
        TimePoint kept_until = never;
        std::list<std::shared_ptr<Entry>>::iterator place{};  // among the kept decisions
    };
    using EntryPtr = std::shared_ptr<Entry>;

    EntryPtr find(const Key& key) const REQUIRES(mutex_);
    static void notify(const Waiting& waiting);
    void keep(const EntryPtr& entry, TimePoint now) REQUIRES(mutex_);
    void unkeep(const EntryPtr& entry) REQUIRES(mutex_);
    void erase(const EntryPtr& entry) REQUIRES(mutex_);

    mutable Mutex mutex_;
    std::map<Key, EntryPtr> entries_ GUARDED_BY(mutex_);
    std::list<EntryPtr> kept_ GUARDED_BY(mutex_);  // ordered by when they expire
};

}  // namespace ferrotunnel::session
