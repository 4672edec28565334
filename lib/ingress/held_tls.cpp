#include "ingress/held_tls.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "directory/http_directory.hpp"
#include "exchange/hold_queue.hpp"
#include "net/ip_text.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::ingress {

class HeldTls::Visitor final : public exchange::HoldWaiter, private runtime::Deadline {
public:
    explicit Visitor(HeldTls& all) noexcept : all_(all) {}
    ~Visitor();

    bool enter(directory::TlsVisitor& visitor, std::list<Visitor>::iterator place, TimePoint until);

private:
    void on_change() noexcept override;
    void on_deadline() noexcept override { leave(); }
    bool enter_line() noexcept { return all_.edge_.hold.enter(*this, sizeof(Visitor)); }
    /// Destroys this object.
    void leave() noexcept { all_.visitors_.erase(place_); }

    HeldTls& all_;
    std::list<Visitor>::iterator place_;
    std::optional<directory::TlsVisitor> visitor_;  // empty if there was no room for it
};

HeldTls::Visitor::~Visitor() {
    if (visitor_ && visitor_->socket) {
        reject_without_client(all_.edge_, *visitor_);
    }
}

bool HeldTls::Visitor::enter(directory::TlsVisitor& visitor, std::list<Visitor>::iterator place, TimePoint until) {
    place_ = place;
    if (!enter_line()) {
        return false;
    }
    exchange::EdgeCounters::add(all_.edge_.counters.held);
    visitor_.emplace(std::move(visitor));
    all_.edge_.wheel.set(*this, until);
    return true;
}

// Called when services were added or removed.
void HeldTls::Visitor::on_change() noexcept {
    const directory::TlsMatch match = all_.edge_.routes.get().find_tls(visitor_->host, all_.edge_.worker.now());
    if (match.kind == directory::TlsMatch::Kind::offline && enter_line()) {
        return;
    }
    if (match.kind == directory::TlsMatch::Kind::service) {
        visitor_->service = match.service->shared_from_this();
        directory::dispatch(std::move(*visitor_));
    }
    leave();
}

HeldTls::HeldTls(exchange::ExchangeWorker& edge) noexcept : edge_(edge) {}

HeldTls::~HeldTls() = default;

bool HeldTls::hold(directory::TlsVisitor& visitor, TimePoint until) {
    if (edge_.draining()) {
        return false;
    }
    const auto place = visitors_.emplace(visitors_.end(), *this);
    if (!place->enter(visitor, place, until)) {
        visitors_.erase(place);
        return false;
    }
    return true;
}

void HeldTls::clear() noexcept {
    visitors_.clear();
}

void reject_without_client(exchange::ExchangeWorker& edge, directory::TlsVisitor& visitor) noexcept {
    try {
        static constexpr LogCategory offline{"tls_host_away"};
        if (edge.log.may_write(LogLevel::info, offline, edge.worker.now())) {
            edge.log.info("a visitor was rejected", {{"visitor", net::ip_text(visitor.from)},
                                                     {"host", visitor.host},
                                                     {"why", "the client of this TLS host is not connected"}});
        }
    } catch (const std::exception&) {
        // No memory for the log line.
    }
    directory::reject_visitor(std::move(visitor.socket), directory::TlsAlert::internal_error);
}

}  // namespace ferrotunnel::ingress
