// Visitors of one worker that requested, by TLS, a host whose client is briefly disconnected, and wait for it.
#pragma once

#include <list>

#include "directory/tls_visitor.hpp"
#include "exchange/exchange_worker.hpp"

namespace ferrotunnel::ingress {

/// Each of them has a place in the worker's queue (exchange/hold_queue.hpp) until its client is back or the time is
/// over. The bytes that a visitor has sent stay in the socket; the next owner of the socket notices if the visitor has
/// hung up. Destroying this rejects them. Lives on the worker.
class HeldTls {
public:
    /// `edge` outlives it.
    explicit HeldTls(exchange::ExchangeWorker& edge) noexcept;
    ~HeldTls();
    HeldTls(const HeldTls&) = delete;
    HeldTls& operator=(const HeldTls&) = delete;

    /// Makes a visitor wait. False if there is no room, or the edge drains, and it was not touched.
    bool hold(directory::TlsVisitor& visitor, TimePoint until);
    /// Rejects all visitors that wait.
    void clear() noexcept;

private:
    class Visitor;

    exchange::ExchangeWorker& edge_;
    std::list<Visitor> visitors_;
};

/// Rejects a visitor and logs it, since the client of its host is not connected.
void reject_without_client(exchange::ExchangeWorker& edge, directory::TlsVisitor& visitor) noexcept;

}  // namespace ferrotunnel::ingress
