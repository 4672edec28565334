// A client's services whose visitors speak TLS with the backend itself: their hosts, and the visitors that the edge
// hands over.
#include <utility>

#include "base/text.hpp"
#include "session/counted_traffic.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

using wire::Code;

std::optional<directory::Refusal> ServerSession::read_tls(const wire::Service& service,
                                                          directory::HttpDescription& wanted) const {
    if (!shared_->https_public) {
        return directory::Refusal{
            Code::unsupported,
            "This server takes no visitors by TLS. They come when it is started with --https-bind "
            "0.0.0.0:8443."};
    }
    wanted.name = printable(service.name, 64);
    wanted.token_name = token_name_;
    if (auto problem = directory::read_tls_part(service.tls, wanted)) {
        return directory::Refusal{Code::protocol, std::move(*problem)};
    }
    // The edge would not see the visitor's certificate.
    for (const std::string& host : wanted.hosts) {
        if (shared_->asks_for_certificate && shared_->asks_for_certificate(host)) {
            return directory::Refusal{Code::unsupported,
                                      "This server lets nobody reach " + printable(host, 100) +
                                          " without a certificate that it has seen, so TLS for it can not pass "
                                          "untouched. Offer the service by HTTP, or choose another host."};
        }
    }
    return std::nullopt;
}

void ServerSession::register_tls(std::uint32_t request, const wire::Service& description) {
    directory::HttpDescription wanted;
    if (auto refusal = read_tls(description, wanted)) {
        tell_refusal(description, *refusal);
        return;
    }
    begin_claiming(request, description, std::move(wanted), false);
}

void ServerSession::take(directory::TlsVisitor visitor, std::uint32_t service) {
    bring(std::move(visitor), service);
}

void ServerSession::on_visitor(std::uint32_t id, directory::TlsVisitor visitor) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || found->second.http != visitor.service) {
        // This trunk has left the service while the visitor was on the way to it: others may still be there, or it
        // waits where it came in until the client is back.
        directory::pass_on(visitor, *this);
        return;
    }
    guarded([&] {
        if (count_visitor(visitor.of_token, visitor.from) && (!plugins_ || !ask_plugins(id, visitor))) {
            open_or_wait(id, std::move(visitor));
        }
    });
}

void ServerSession::open_visitor(std::uint32_t id, directory::TlsVisitor visitor) {
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::tls;
    request.visitor = visitor.from;
    const std::vector<std::uint8_t> metadata = wire::encode_open_metadata({visitor.host});
    request.metadata = metadata;
    // With the ticket: the visitor counts towards the edge's caps for as long as it is there.
    carry(id, visitor, request, counted_with(services_.at(id).traffic, visitor.ticket));
}

}  // namespace ferrotunnel::session
