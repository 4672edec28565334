#include "peers/arrivals.hpp"

#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "directory/tls_visitor.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "session/server_session.hpp"
#include "session/stream_relay.hpp"

namespace ferrotunnel::peers {

using directory::Transport;
using session::ServerShared;
using session::StreamRelay;
using wire::Code;
using wire::ServiceKind;

namespace {

// Empty if the entry does not know it.
runtime::SocketAddress socket_address(const net::Address& visitor) {
    return runtime::SocketAddress::from_ip(net::ip_text(visitor), visitor.port).value_or(runtime::SocketAddress());
}

// What an arriving stream asks for, as far as it is complete.
bool is_complete(const wire::Open& open, const VisitorHeader& header) noexcept {
    switch (open.kind) {
        case ServiceKind::tcp:
        case ServiceKind::udp:
            return open.service > 0 && open.service <= std::numeric_limits<std::uint16_t>::max();
        case ServiceKind::private_tcp:
            return !header.service.empty() && header.of_token && header.by_token;
        default:
            return true;
    }
}

}  // namespace

// One visitor on its way to the service that it wants.
class Arrivals::Arrival {
public:
    Arrival(runtime::Worker& worker, ServerShared& shared, IntrusivePtr<mux::Stream> stream, const wire::Open& open)
        : worker_(worker), shared_(shared), stream_(std::move(stream)), open_(open) {}

    void to_port(Transport transport) {
        directory::Visitor visitor(runtime::Fd(), socket_address(open_.visitor), nullptr);
        visitor.distant = relay();
        // Without a trunk the visitor is refused when it is destroyed, here as everywhere.
        (void)shared_.ports->dispatch_local(transport, static_cast<std::uint16_t>(open_.service), visitor);
    }

    void to_host(const std::string& host) {
        const std::shared_ptr<const directory::HttpRoutes> routes = shared_.http->routes();
        const directory::TlsMatch match = routes->find_tls(host, worker_.now());
        if (match.kind != directory::TlsMatch::Kind::service || match.service->description().forwards) {
            stream_->abort(Code::unknown_service);
            return;
        }
        directory::TlsVisitor visitor(runtime::Fd(), open_.visitor, host, match.service->shared_from_this(), nullptr);
        visitor.distant = relay();
        directory::dispatch(std::move(visitor));
    }

    void to_private_service(const VisitorHeader& header) {
        const std::optional<ServerShared::Visited> found = visited(header);
        if (!found) {
            stream_->abort(Code::unknown_service);
            return;
        }
        const IntrusivePtr<StreamRelay> visit = relay();
        auto accept = [id = found->second, visit, from = socket_address(open_.visitor)](session::ServerSession& to) {
            to.intake().accept_relayed(id, visit, from);
        };
        if (!found->first->post(std::move(accept))) {
            visit->refused();
        }
    }

private:
    IntrusivePtr<StreamRelay> relay() {
        auto relay = make_intrusive<StreamRelay>(worker_, std::move(stream_),
                                                 StreamRelay::Terms{Code::unknown_service, shared_.datagrams});
        relay->begin();
        return relay;
    }

    // This member's own rights decide. Tokens are equal by their secrets: they may have other names at other members.
    std::optional<ServerShared::Visited> visited(const VisitorHeader& header) const {
        if (!shared_.find_visited) {
            return std::nullopt;
        }
        std::string owner;  // the visitor's own token
        if (*header.of_token != *header.by_token) {
            const auto token = shared_.tokens.known_as(*header.of_token);
            if (!token) {
                return std::nullopt;
            }
            owner = token->name;
        }
        return shared_.find_visited(*header.by_token, header.service, owner);
    }

    runtime::Worker& worker_;
    ServerShared& shared_;
    IntrusivePtr<mux::Stream> stream_;
    const wire::Open& open_;
};

Arrivals::Arrivals(std::shared_ptr<ServerShared> shared, ingress::HttpFront* front, Logger& log)
    : shared_(std::move(shared)), front_(front), log_(log) {}

void Arrivals::on_stream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    check_here(worker);
    const std::optional<VisitorHeader> header = read_visitor_header(open.metadata);
    if (!header || !is_complete(open, *header)) {
        stream->abort(Code::protocol);
        static constexpr LogCategory arrivals{"arrivals"};
        if (log_.may_write(LogLevel::warn, arrivals, worker.now())) {
            log_.warn("a visitor that another member of the cluster has forwarded was refused: its header is not valid",
                      {{"kind", static_cast<unsigned>(open.kind)}, {"service", open.service}});
        }
        return;
    }
    try {
        serve(worker, stream, open, *header);
    } catch (const std::exception&) {
        stream->abort(Code::busy);  // no memory: only this visitor is refused
    }
}

void Arrivals::serve(runtime::Worker& worker, const IntrusivePtr<mux::Stream>& stream, const wire::Open& open,
                     const VisitorHeader& header) {
    Arrival arrival(worker, *shared_, stream, open);
    switch (open.kind) {
        case ServiceKind::http:
            if (front_ == nullptr) {
                break;
            }
            front_->serve(stream, {open.visitor, header.https, header.trusted, header.key_group, header.certificate});
            return;
        case ServiceKind::tcp:
            arrival.to_port(Transport::tcp);
            return;
        case ServiceKind::udp:
            arrival.to_port(Transport::udp);
            return;
        case ServiceKind::tls:
            arrival.to_host(header.host);
            return;
        case ServiceKind::private_tcp:
            arrival.to_private_service(header);
            return;
    }
    stream->abort(Code::unsupported);  // also a kind of a later version
}

}  // namespace ferrotunnel::peers
