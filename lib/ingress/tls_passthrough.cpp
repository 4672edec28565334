#include "ingress/tls_passthrough.hpp"

#include <new>
#include <utility>

#include "directory/tls_visitor.hpp"
#include "ingress/edge_worker.hpp"

namespace ferrotunnel::ingress {
namespace {

using directory::TlsMatch;
using directory::TlsVisitor;

// Gives a visitor to the trunks of its host, or lets it wait until there are some.
void bring_in(EdgeWorker& edge, const TlsMatch& match, TlsVisitor visitor) {
    if (match.kind == TlsMatch::Kind::service) {
        visitor.service = match.service->shared_from_this();
        directory::dispatch(std::move(visitor));
        return;
    }
    const TimePoint until = match.offline_since + edge.settings().hold;
    if (match.kind == TlsMatch::Kind::none || until <= edge.worker.now() || !edge.held_tls.hold(visitor, until)) {
        reject_without_client(edge, visitor);
    }
}

/// Returns visitors to a worker, as long as that exists.
class PassthroughSource final : public directory::TlsVisitorSource {
public:
    explicit PassthroughSource(EdgeWorker& edge) : mailbox_(edge.worker.mailbox()), edge_(edge.weak_from_this()) {}

    void readmit(TlsVisitor visitor) noexcept override try {
        mailbox_->post_call([edge = edge_, visitor = std::move(visitor)]() mutable {
            if (const auto back_at = edge.lock()) {
                const TlsMatch match = back_at->routes.get().find_tls(visitor.host, back_at->worker.now());
                bring_in(*back_at, match, std::move(visitor));
            }
        });
    } catch (const std::bad_alloc&) {
        // No memory for the mail: the visitor is rejected.
    }

private:
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const std::weak_ptr<EdgeWorker> edge_;
};

bool take(EdgeWorker& edge, AcceptedVisitor& visitor, login::ConnectionTicket& ticket) {
    const std::string& name = visitor.hello->server_name;
    const TlsMatch match = edge.routes.get().find_tls(name, edge.worker.now());
    if (match.kind == TlsMatch::Kind::none) {
        return false;
    }
    if (!edge.tls_source) {
        edge.tls_source = std::make_shared<PassthroughSource>(edge);
    }
    TlsVisitor passed(std::move(visitor.socket), visitor.from, name, nullptr, std::exchange(ticket, nullptr));
    passed.source = edge.tls_source;
    bring_in(edge, match, std::move(passed));
    return true;
}

}  // namespace

TlsPassthrough passthrough_by(std::shared_ptr<const directory::HttpDirectory> directory) {
    return {[directory = std::move(directory)] { return directory->has_passthrough(); }, take};
}

}  // namespace ferrotunnel::ingress
