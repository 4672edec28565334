// The interface between a server's sessions and plugins: for logins of clients, registrations of services, and visitors
// of TCP or TLS. lib/plugin implements it; sessions have no other dependency on plugins.
//
//   begin --> ask --go_on--> accepted (a visit: close, exactly once)
//              |  '--answer--> refused, with take_refusal()
//              '--wait--> on_decision or expire(), then ask() again
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "hooks/http_run.hpp"
#include "hooks/requested_plugins.hpp"

namespace ferrotunnel::buffer {
class Mailbox;
}

namespace ferrotunnel::hooks {

enum class SessionPhase : std::uint8_t { login, registration, connect };

using SharedNotes = std::shared_ptr<const Notes>;  // null: none

/// A client whose trunk has logged in.
struct ClientFacts {
    std::string instance;  // in hex; common to its trunks
    std::string name;      // chosen by the client
    std::string token;     // the token's name
    std::string agent;
    std::string address;
    std::uint16_t port = 0;
    std::uint32_t version = 0;
    std::uint32_t trunk = 1;
    std::uint32_t trunks = 1;
    /// Chosen by the client, for hooks of its logins and registrations.
    std::vector<std::pair<std::string, std::string>> metadata{};
};

/// A service: as its client requests it, or as visitors reach it.
struct ServiceFacts {
    std::string name;
    std::string_view kind;  // static
    std::uint16_t port = 0;
    std::vector<std::string> hosts{};
    std::string path{};
    std::string bind{};
    std::string metadata{};
};

/// The subject of session hooks.
struct Subject {
    std::shared_ptr<const ClientFacts> client;
    std::shared_ptr<const ServiceFacts> service{};  // not of a login
    SharedNotes notes{};                            // of the phases before
    std::string address{};                          // the visitor's
    std::uint16_t port = 0;
    std::string host{};              // requested by a TLS visitor
    SharedRequestedPlugins asked{};  // of the visitor's service
};

/// The limits of an HTTP service that plugins may change, in the order of the interface's numbers.
enum class Limit : std::uint8_t { connect_ms, first_byte_ms, upgraded_idle_ms, body_rate, body_max, upgrades };
inline constexpr std::size_t limit_count = 6;

/// Changes by plugins to an accepted service, and the notes of an accepted login or service.
struct Amendments {
    std::optional<std::vector<std::string>> hosts{};
    std::array<std::optional<std::uint64_t>, limit_count> limits{};
    SharedNotes notes{};
    SharedRequestedPlugins asked{};  // requested by the client
};

struct SessionRefusal {
    std::string words;  // for the client's user
    std::string plugin;
    bool failed = false;  // it failed to decide; a retry may succeed
};

/// The result of a visit.
struct VisitOutcome {
    enum class End : std::uint8_t { refused, unserved, served } end = End::unserved;
    std::uint64_t received_bytes = 0;  // from the visitor
    std::uint64_t sent_bytes = 0;
    Duration duration{};
};

/// The caller of a run, on its worker, until the decision.
class SessionRunOwner {
public:
    /// A pending decision was made: call ask() again. Never called from within a call of the run.
    virtual void on_decision() noexcept = 0;

protected:
    ~SessionRunOwner() = default;
};

/// The run of one subject through the plugins. Lives on the worker until it is decided; then it may move to another
/// one. Destroying it ends every wait.
class SessionRun {
public:
    virtual ~SessionRun() = default;

    /// Continues the run. Must not be called again after `go_on` or `answer` (which means refused).
    virtual Step ask(TimePoint now) noexcept = 0;
    /// The deadline of a decision, after `wait`.
    virtual TimePoint wait_until() const noexcept = 0;
    /// The deadline has passed, so the plugin has failed. Call ask() again.
    virtual void expire() noexcept = 0;
    /// After `answer`.
    virtual SessionRefusal take_refusal() noexcept = 0;
    /// After `go_on` of a login or registration.
    virtual Amendments take_amendments() = 0;
    /// Reports the result of a visit to the plugins; once, before the run of a visit is destroyed.
    virtual void close(const VisitOutcome& outcome) noexcept = 0;
};

/// The plugins for the sessions of a server. Thread-safe.
class SessionHooks {
public:
    virtual ~SessionHooks() = default;

    /// Whether a plugin has a hook for this phase. Cheap, since it is called for each visitor.
    virtual bool wants(SessionPhase phase) const noexcept = 0;
    /// Begins a run on the calling worker, which `mailbox` belongs to; null if no plugin has a hook for this phase.
    /// `owner` must live until the decision, or until the run is destroyed.
    virtual std::unique_ptr<SessionRun> begin(SessionPhase phase, Subject subject, SessionRunOwner& owner,
                                              std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// Makes the plugins requested by a client. `made` is called later, or at once.
    virtual void make_requested(PluginRequest wanted, PluginRequestCallback made) = 0;
};

}  // namespace ferrotunnel::hooks
