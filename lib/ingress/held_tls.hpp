// Visitors of one worker who have asked by TLS for a host whose client is away for a moment, and wait for it.
#pragma once

#include <list>

#include "directory/tls_visitor.hpp"
#include "exchange/exchange_worker.hpp"

namespace ferrotunnel::ingress {

/// Each of them has a place in the worker's line (exchange/hold_line.hpp) until its client is back or the time is over.
/// What a visitor has sent stays in the socket; if it hangs up, whoever gets it finds that out. Destroying this turns
/// them away. On the worker.
class HeldTls {
public:
    /// `edge` outlives it.
    explicit HeldTls(exchange::ExchangeWorker& edge) noexcept;
    ~HeldTls();
    HeldTls(const HeldTls&) = delete;
    HeldTls& operator=(const HeldTls&) = delete;

    /// Makes a visitor wait. False: there is no room, or the edge drains, and it was not touched.
    bool hold(directory::TlsVisitor& visitor, TimePoint until);
    /// Turns all of them away.
    void clear() noexcept;

private:
    class Visitor;

    exchange::ExchangeWorker& edge_;
    std::list<Visitor> visitors_;
};

/// Says that a visitor is rejected, since the client of its host is not there, and does so.
void turn_away_from(exchange::ExchangeWorker& edge, directory::TlsVisitor& visitor) noexcept;

}  // namespace ferrotunnel::ingress
