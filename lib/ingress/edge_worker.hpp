// The HTTP edge's part of one worker, and the state shared by all workers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "exchange/exchange_worker.hpp"
#include "ingress/challenge_relays.hpp"
#include "ingress/held_handshakes.hpp"
#include "ingress/held_tls.hpp"
#include "ingress/lingering.hpp"
#include "ingress/preface.hpp"
#include "login/connection_limiter.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::directory {
class TlsVisitorSource;
}

namespace ferrotunnel::ingress {

class EdgeWorker;

/// Takes TLS connections for services that want TLS untouched out of the edge, by the name in the ClientHello.
struct TlsPassthrough {
    /// Whether there is such a service now: without one the edge does not wait for ClientHellos. Called on any worker,
    /// for each visitor.
    std::function<bool()> is_wanted;
    /// Takes the visitor over, with the ticket that counts it towards the limits, if the requested name is passed
    /// through. False: neither visitor nor ticket was touched. `visitor.hello` is set; the bytes are still in the
    /// socket. Called on the visitor's worker.
    std::function<bool(EdgeWorker& edge, AcceptedVisitor& visitor, login::ConnectionTicket& ticket)> take;
};

struct EdgeShared : exchange::ExchangeShared {
    TlsPassthrough passthrough;  // empty: every TLS connection ends here
};

class EdgeConnection;

/// The edge's part of one worker. It lives on that worker, and is destroyed there or when no worker runs any more.
class EdgeWorker : public exchange::ExchangeWorker, public std::enable_shared_from_this<EdgeWorker> {
public:
    EdgeWorker(runtime::Worker& worker_in, std::shared_ptr<const EdgeShared> shared_in);
    ~EdgeWorker();

    /// From now on responses end their connections; connections that wait for a request are closed, and so are idle
    /// streams.
    void drain();
    /// From now on responses end their connections; those that wait for a request get a response to it first.
    void retire();
    bool is_retired() const noexcept { return retired_; }
    /// Closes everything.
    void end() noexcept;

    /// A number that no other connection of this worker has.
    std::uint64_t new_connection() noexcept { return ++connection_count_; }
    void enter(EdgeConnection& connection);
    void leave(EdgeConnection& connection) noexcept;
    std::size_t connections() const noexcept { return connections_.size(); }

    /// Connections that use memory while they are idle, the one that was idle longest first. Beyond the limit, the
    /// first ends.
    using IdleList = std::list<EdgeConnection*>;
    IdleList::iterator enter_idle(EdgeConnection& connection);
    void leave_idle(IdleList::iterator place) noexcept;
    /// Ends the first of them, since others wait for its place.
    void shed_idle() noexcept;
    /// Thread-safe.
    std::size_t idle() const noexcept { return idle_count_.load(std::memory_order_relaxed); }

    /// The number of visitors that the worker has or that are on their way to it. Thread-safe.
    std::uint64_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
    void add_pending_visitor() noexcept { load_.fetch_add(1, std::memory_order_relaxed); }
    /// The visitor was accepted, and counts itself from now on, or could not be accepted.
    void remove_pending_visitor() noexcept { load_.fetch_sub(1, std::memory_order_relaxed); }

    const TlsPassthrough& passthrough;
    Prefaces prefaces;
    Lingering lingering;
    HeldTls held_tls;
    HeldHandshakes held_handshakes;
    ChallengeRelays challenge_relays;
    std::shared_ptr<directory::TlsVisitorSource> tls_source;  // readmits such visitors here; created with the first one

private:
    template <typename Action>
    void for_each_connection(Action action);

    std::vector<EdgeConnection*> connections_;
    IdleList idle_;
    std::atomic<std::size_t> idle_count_{0};  // of those in idle_
    std::uint64_t connection_count_ = 0;
    bool retired_ = false;
    std::atomic<std::uint64_t> load_{0};
};

}  // namespace ferrotunnel::ingress
