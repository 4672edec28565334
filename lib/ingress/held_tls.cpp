#include "ingress/held_tls.hpp"

#include <exception>
#include <iterator>
#include <utility>

#include "directory/http_directory.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::ingress {

bool HeldTls::hold(EdgeWorker& edge, directory::TlsVisitor& visitor, TimePoint until) {
    if (edge.draining()) {
        return false;
    }
    edge.held_tls.push_back(std::unique_ptr<HeldTls>(new HeldTls(edge)));
    HeldTls& held = *edge.held_tls.back();
    held.place_ = std::prev(edge.held_tls.end());
    if (!edge.hold.enter(held, sizeof(HeldTls))) {
        held.leave();
        return false;
    }
    exchange::EdgeCounters::add(edge.counters.held);
    held.visitor_.emplace(std::move(visitor));
    edge.wheel.set(held, until);
    return true;
}

HeldTls::~HeldTls() {
    if (visitor_ && visitor_->socket) {
        turn_away_from(edge_, *visitor_);
    }
}

// Called when services have come or gone.
void HeldTls::on_change() noexcept {
    const directory::TlsMatch match = edge_.routes.get().find_tls(visitor_->host, edge_.worker.now());
    if (match.kind == directory::TlsMatch::Kind::away && edge_.hold.enter(*this, sizeof(HeldTls))) {
        return;
    }
    if (match.kind == directory::TlsMatch::Kind::service) {
        visitor_->service = match.service->shared_from_this();
        directory::hand_over(std::move(*visitor_));
    }
    leave();
}

void HeldTls::on_deadline() noexcept {
    leave();
}

// Destroys this object.
void HeldTls::leave() noexcept {
    edge_.held_tls.erase(place_);
}

void turn_away_from(EdgeWorker& edge, directory::TlsVisitor& visitor) noexcept {
    try {
        static constexpr LineKind away{"tls_host_away"};
        if (edge.log.may_write(LogLevel::info, away, edge.worker.now())) {
            edge.log.info("a visitor was rejected", {{"visitor", net::ip_text(visitor.from)},
                                                     {"host", visitor.host},
                                                     {"why", "the client of this TLS host is not connected"}});
        }
    } catch (const std::exception&) {
        // Nobody is told of it.
    }
    directory::turn_away(std::move(visitor.socket), directory::TlsAlert::internal_error);
}

}  // namespace ferrotunnel::ingress
