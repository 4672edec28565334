// The seam between a server's sessions and plugins: what sessions ask when a client logs in, when it registers a
// service, and when a visitor of TCP or TLS comes. lib/plugin implements it, and sessions know nothing else of plugins.
//
//   begin --> ask --go_on--> it goes its way (a visit: close, exactly once)
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
#include "hooks/asked_plugins.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::buffer {
class Mailbox;
}

namespace ferrotunnel::hooks {

enum class SessionPhase : std::uint8_t { login, registration, connect };

using SharedNotes = std::shared_ptr<const Notes>;  // null: none

/// A client, as one of its trunks has logged in.
struct ClientFacts {
    std::string instance;  // in hex; its trunks have it in common
    std::string name;      // its own word
    std::string token;     // the token's name
    std::string agent;
    std::string address;
    std::uint16_t port = 0;
    std::uint32_t version = 0;
    std::uint32_t trunk = 1;
    std::uint32_t trunks = 1;
};

/// A service: as its client asks for it, or as visitors find it.
struct ServiceFacts {
    std::string name;
    std::string_view kind;  // lives for ever
    std::uint16_t port = 0;
    std::vector<std::string> hosts{};
    std::string path{};
    std::string bind{};
    std::string metadata{};
};

/// What plugins are asked about.
struct Subject {
    std::shared_ptr<const ClientFacts> client;
    std::shared_ptr<const ServiceFacts> service{};  // not of a login
    SharedNotes notes{};                            // of the phases before
    std::string address{};                          // the visitor's
    std::uint16_t port = 0;
    std::string host{};          // that a TLS visitor asks for
    SharedAskedPlugins asked{};  // of the visitor's service
};

/// The limits of an HTTP service that plugins may change, in the order of the interface's numbers.
enum class Limit : std::uint8_t { connect_ms, first_byte_ms, upgraded_idle_ms, body_rate, body_max, upgrades };
inline constexpr std::size_t limit_count = 6;

/// What plugins have made of a service that they accept, and the notes of an accepted login or service.
struct Amendments {
    std::optional<std::vector<std::string>> hosts{};
    std::array<std::optional<std::uint64_t>, limit_count> limits{};
    SharedNotes notes{};
    SharedAskedPlugins asked{};  // what the client has asked for
};

struct SessionRefusal {
    std::string words;  // for the client's user
    std::string plugin;
    bool failed = false;  // it did not decide; later it may
};

/// How a visit has ended.
struct VisitOutcome {
    enum class End : std::uint8_t { refused, unserved, served } end = End::unserved;
    std::uint64_t received_bytes = 0;  // from the visitor
    std::uint64_t sent_bytes = 0;
    Duration duration{};
};

/// Whoever has asked, on its worker, until the question is decided.
class SessionRunOwner {
public:
    /// A decision has come that the run had waited for: ask again. Never from within a call of the run.
    virtual void on_decision() noexcept = 0;

protected:
    ~SessionRunOwner() = default;
};

/// One question's way through the plugins. On the worker until it is decided; then it may go to another one. Destroying
/// it ends every wait.
class SessionRun {
public:
    virtual ~SessionRun() = default;

    /// Takes the question on from where it was. After `go_on` and `answer` (which means refused) it is not asked again.
    virtual Step ask(TimePoint now) noexcept = 0;
    /// The time by which a decision has to be there, after `wait`.
    virtual TimePoint wait_until() const noexcept = 0;
    /// That time has passed: the plugin has failed. Ask again.
    virtual void expire() noexcept = 0;
    /// After `answer`.
    virtual SessionRefusal take_refusal() noexcept = 0;
    /// After `go_on` of a login or registration.
    virtual Amendments take_amendments() = 0;
    /// Tells the plugins how a visit has ended; once, before the run of a visit is destroyed.
    virtual void close(const VisitOutcome& outcome) noexcept = 0;
};

/// The plugins for the sessions of a server. Any thread.
class SessionHooks {
public:
    virtual ~SessionHooks() = default;

    /// Whether a plugin looks at this phase. Cheap: asked for each visitor.
    virtual bool wants(SessionPhase phase) const noexcept = 0;
    /// Begins a question on the calling worker, whose mailbox that is; null: no plugin looks at this phase. `owner` is
    /// there until the question is decided, or the run destroyed.
    virtual std::unique_ptr<SessionRun> begin(SessionPhase phase, Subject subject, SessionRunOwner& owner,
                                              std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// Makes the plugins that a client asks for. `made` is called later, or at once.
    virtual void make_asked(AskingService wanted, AskedMade made) = 0;
};

}  // namespace ferrotunnel::hooks
