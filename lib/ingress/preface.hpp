// Reads what precedes a visitor's own first bytes, on the visitor's worker, between accept and the code that serves the
// visitor: a PROXY header, and the ClientHello if the name in it is needed.
//
//   accepted --> PROXY header (from trusted addresses) --> ClientHello (peeked at) --> done(visitor)
//                   |absent, malformed, not in time           |not in time
//                   '-------------------------> closed <------'
//
// If several protocols share a port, the first bytes determine which one it is, and a visitor that is silent for a
// while waits for the server to speak first.
//
// The header is taken out of the socket; the ClientHello stays there: whatever gets the socket reads it, our own TLS as
// well as a relay that passes it on. So the descriptor is all that is held per visitor, however slowly its bytes
// arrive. A visitor that sends no ClientHello, or a broken one, continues without one: TLS itself knows best how to
// respond.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "net/client_hello.hpp"
#include "runtime/address.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::ingress {

/// What a visitor speaks, by its first bytes.
enum class FirstProtocol : std::uint8_t {
    unknown,  // not determined, or HTTP, or something else
    tls,
    ssh,
    silence,  // it waits for the server to speak first
};

/// A visitor whose preface was read.
struct AcceptedVisitor {
    runtime::Fd socket;
    /// The visitor's address: from the PROXY header, otherwise from the socket. IPv4 in the form of IPv6 is made IPv4.
    net::Address from;
    /// The ClientHello, if it was requested and the visitor has begun with one. Its bytes are still in the socket.
    std::optional<net::ClientHello> hello{};
    FirstProtocol opening = FirstProtocol::unknown;
};

/// The parts to read before a visitor is served.
struct PrefacePlan {
    /// The visitor's address is that of a trusted proxy, so it has to begin with a PROXY header. From any other address
    /// the same bytes are never interpreted.
    bool proxy_header = false;
    bool client_hello = false;
    /// Determine what the visitor speaks; together with `client_hello`.
    bool opening = false;
    /// How long a visitor may be silent before it counts as one that waits for the server to speak; empty: none does.
    /// With `opening`.
    std::optional<Duration> silence{};
    /// The time limit for the whole preface.
    Duration deadline = std::chrono::seconds(10);

    bool empty() const noexcept { return !proxy_header && !client_hello; }
};

/// Logs that a visitor was not accepted, because there was no memory or no descriptor for it.
void log_not_accepted(Logger& log, TimePoint now, const std::string& visitor, const char* why);

/// The visitors of one worker whose preface is being read. It lives on that worker.
class Prefaces {
public:
    /// Receives the visitor, in a round of the worker, possibly before begin() returns. Its exceptions are logged.
    using Done = std::function<void(AcceptedVisitor)>;

    Prefaces(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log) noexcept;
    /// Closes the connections of all visitors.
    ~Prefaces();
    Prefaces(const Prefaces&) = delete;
    Prefaces& operator=(const Prefaces&) = delete;

    /// Begins to read. `done` is dropped without a call if the visitor is rejected or gone.
    void begin(runtime::Fd socket, const runtime::SocketAddress& from, const PrefacePlan& plan, Done done) noexcept;
    void clear() noexcept;
    std::size_t size() const noexcept { return reading_.size(); }

private:
    class Reading;

    void finish(Reading& reading);
    void drop(Reading& reading) noexcept;

    runtime::Worker& worker_;
    runtime::DeadlineWheel& wheel_;
    Logger& log_;
    std::unordered_set<Reading*> reading_;
    std::vector<std::uint8_t> room_;  // for reading a ClientHello
};

}  // namespace ferrotunnel::ingress
