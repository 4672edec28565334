#include "directory/tls_visitor.hpp"

#include <array>
#include <exception>

#include "base/limits.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::directory {
namespace {

// Returns the visitor to its source, if its service has ended: the next service with its host may accept it. The
// caller still owns counts and plugins' decisions for the old service, and ends them.
bool give_back(TlsVisitor& visitor) noexcept {
    if (!visitor.source || visitor.service->is_carried()) {
        return false;
    }
    visitor.source->readmit(
        {std::move(visitor.socket), visitor.from, std::move(visitor.host), nullptr, std::move(visitor.ticket)});
    return true;
}

// Hands the visitor to a carrier, or back. False if neither is possible.
bool give(TlsVisitor& visitor) {
    BalanceContext context;
    if (visitor.service->is_shared()) {
        context.now = Clock::now();
        context.sticky.address = address_hash(visitor.from);
    }
    const auto carrier = visitor.service->choose(visitor.excluded_carriers, nullptr, context);
    if (!carrier) {
        return give_back(visitor);
    }
    count_at(carrier->member, visitor.of_member);
    carrier->trunk->take(std::move(visitor), carrier->service);
    return true;
}

}  // namespace

void reject_visitor(runtime::Fd socket, TlsAlert alert) noexcept {
    constexpr std::uint8_t record_alert = 21;
    constexpr std::uint8_t fatal = 2;
    std::array<std::uint8_t, 4096> thrown_away;
    for (std::size_t all = 0; all <= limits::client_hello_bytes_max; all += thrown_away.size()) {
        if (runtime::read_some(socket.get(), MutableBytes(thrown_away)).bytes == 0) {
            break;
        }
    }
    const std::uint8_t record[] = {record_alert, 3, 3, 0, 2, fatal, static_cast<std::uint8_t>(alert)};
    (void)runtime::write_some(socket.get(), Bytes(record));
    (void)runtime::shutdown_send(socket.get());
}

TlsVisitor::TlsVisitor(runtime::Fd socket_in, const net::Address& from_in, std::string host_in,
                       std::shared_ptr<HttpService> service_in, login::ConnectionTicket ticket_in)
    : socket(std::move(socket_in)),
      from(from_in),
      host(std::move(host_in)),
      service(std::move(service_in)),
      ticket(std::move(ticket_in)) {}

TlsVisitor::TlsVisitor(TlsVisitor&&) noexcept = default;

TlsVisitor::~TlsVisitor() {
    if (socket) {
        reject_visitor(std::move(socket), TlsAlert::internal_error);
    }
    if (distant) {
        distant->refused();
    }
}

void dispatch(TlsVisitor visitor) noexcept try {
    give(visitor);  // on failure all carriers are unhealthy, or it was taken back before
} catch (const std::exception&) {
    // No memory for the mail: only this visitor is rejected.
}

// Each carrier passes a visitor on once, so this ends, even if carriers join all the time.
bool pass_on(TlsVisitor& visitor, const HttpCarrier& from) noexcept try {
    if (visitor.excluded_carriers.size() >= limits::trunks_per_tunnel_max) {
        return false;
    }
    visitor.excluded_carriers.push_back(from.carrier_id());
    return give(visitor);
} catch (const std::exception&) {
    return !visitor.service;  // lost on the way
}

}  // namespace ferrotunnel::directory
