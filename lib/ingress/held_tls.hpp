// A visitor who has asked by TLS for a host whose client is away for a moment, and waits for it in the worker's line.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "directory/tls_visitor.hpp"
#include "exchange/hold_line.hpp"
#include "ingress/edge_worker.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::ingress {

/// Lives in EdgeWorker::held_tls, until its client is back or the time is over. Its destructor turns the visitor away.
/// What the visitor has sent stays in the socket; if it hangs up, whoever gets it finds that out.
class HeldTls final : public exchange::HoldVisitor, private runtime::Deadline {
public:
    /// Makes a visitor wait. False: there is no room, and it was not touched.
    static bool hold(EdgeWorker& edge, directory::TlsVisitor& visitor, TimePoint until);
    ~HeldTls();

private:
    explicit HeldTls(EdgeWorker& edge) noexcept : edge_(edge) {}

    void on_change() noexcept override;
    void on_deadline() noexcept override;
    void leave() noexcept;

    EdgeWorker& edge_;
    std::list<std::unique_ptr<HeldTls>>::iterator place_;
    std::optional<directory::TlsVisitor> visitor_;  // nothing: there was no room for it
};

/// Says that a visitor is rejected, since the client of its host is not there, and does so.
void turn_away_from(EdgeWorker& edge, directory::TlsVisitor& visitor) noexcept;

}  // namespace ferrotunnel::ingress
