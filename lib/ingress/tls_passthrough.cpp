#include "ingress/tls_passthrough.hpp"

#include <utility>

#include "directory/tls_visitor.hpp"
#include "ingress/held_tls.hpp"

namespace ferrotunnel::ingress {
namespace {

bool take(EdgeWorker& edge, AcceptedVisitor& visitor, std::shared_ptr<void>& ticket) {
    const std::string& name = visitor.hello->server_name;
    const directory::TlsMatch match = edge.routes.get().find_tls(name, edge.worker.now());
    switch (match.kind) {
        case directory::TlsMatch::Kind::none:
            return false;
        case directory::TlsMatch::Kind::away:
            if (const TimePoint until = match.away_since + edge.settings().hold;
                until <= edge.worker.now() || !HeldTls::hold(edge, visitor, ticket, until)) {
                turn_away_from(edge, visitor);
            }
            return true;
        case directory::TlsMatch::Kind::service:
            directory::hand_over({std::move(visitor.socket), visitor.from, name, match.service->shared_from_this(),
                                  std::exchange(ticket, nullptr)});
            return true;
    }
    return false;
}

}  // namespace

TlsPassthrough passthrough_by(std::shared_ptr<const directory::HttpDirectory> directory) {
    return {[directory = std::move(directory)] { return directory->has_passthrough(); }, take};
}

}  // namespace ferrotunnel::ingress
