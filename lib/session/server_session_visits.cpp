// Visitors of TCP, TLS and UDP that plugins decide on before they get a stream. What they have sent stays in the
// kernel; of datagrams, a few wait at the port, as they do for every stream. A visitor of UDP is an address: it is
// decided on once, and one that is turned away is so until its port forgets it.
#include <utility>

#include "base/text.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "session/server_session_plugins.hpp"
#include "session/visit.hpp"

namespace ferrotunnel::session {

using hooks::Step;

namespace {

void add_visitor(hooks::Subject& subject, const directory::Visitor& visitor) {
    const net::Address from = runtime::visitor_address(visitor.from);
    subject.address = net::ip_text(from);
    subject.port = from.port;
}

void turn_away(directory::Visitor visitor) {
    if (const IntrusivePtr<directory::DistantVisitor> distant = std::exchange(visitor.distant, nullptr)) {
        distant->turned_away();
    }
}

void turn_away(directory::TlsVisitor visitor) {
    const directory::TlsVisitor gone = std::move(visitor);
}

void add_visitor(hooks::Subject& subject, const directory::TlsVisitor& visitor) {
    subject.address = net::ip_text(visitor.from);
    subject.port = visitor.from.port;
    subject.host = visitor.host;
}

}  // namespace

/// A visitor while plugins decide. It belongs to no trunk: if the one that it came to is lost meanwhile, it goes to
/// another one. It keeps itself, and goes at the latest when its time has passed, or with the worker.
template <typename AnyVisitor>
class ServerSession::AskedVisitor final : public RefCounted, private runtime::ShutdownHook {
public:
    AskedVisitor(ServerSession& session, std::uint32_t service, AnyVisitor visitor, hooks::Subject subject)
        : worker_(session.worker_),
          on_the_way_(session.shared_from_this()),
          service_(service),
          visitor_(std::move(visitor)),
          address_(subject.address),
          service_name_(subject.service->name),
          began_(worker_.now()),
          question_(std::make_unique<PluginQuestion>(worker_, *session.shared_->hooks, hooks::SessionPhase::connect,
                                                     std::move(subject))) {}
    ~AskedVisitor() override {
        if (std::unique_ptr<hooks::SessionRun> run = question_->take_run()) {
            const Visit given_up(std::move(run), began_);
        }
    }

    void begin() {
        const Step step = question_->ask([this](Step later) { decided(later); });
        if (step != Step::wait) {
            decided(step);
            return;
        }
        self_ = IntrusivePtr<AskedVisitor>(this);
        worker_.shutdown_hooks().add(*this);
    }

private:
    void decided(Step step) noexcept {
        const IntrusivePtr<AskedVisitor> keep = std::exchange(self_, nullptr);
        leave();
        const std::shared_ptr<ServerSession> session = on_the_way_.arrived();
        session->guarded([&] { go_on(*session, step); });
    }
    void go_on(ServerSession& session, Step step) {
        std::unique_ptr<hooks::SessionRun> run = question_->take_run();
        const hooks::SessionRefusal refusal = step == Step::answer ? run->take_refusal() : hooks::SessionRefusal();
        std::shared_ptr<Visit> visit;
        if (run) {
            visit = std::make_shared<Visit>(std::move(run), began_);
        }
        if (step == Step::answer) {
            visit->refused = true;
            session.shared_->counters->visitors_refused.fetch_add(1, std::memory_order_relaxed);
            tell_refused_by_plugin(*session.shared_->log, worker_.now(), "a visitor", refusal, address_,
                                   printable(service_name_, 64));
            turn_away(std::move(visitor_));
            return;
        }
        visitor_.visit = std::move(visit);
        session.on_visitor(service_, std::move(visitor_));
    }
    void on_worker_end() noexcept override {
        self_.reset();  // this object is gone
    }

    runtime::Worker& worker_;
    OnTheWay on_the_way_;
    const std::uint32_t service_;
    AnyVisitor visitor_;
    const std::string address_;
    const std::string service_name_;
    const TimePoint began_;
    const std::unique_ptr<PluginQuestion> question_;
    IntrusivePtr<AskedVisitor> self_;  // while it waits
};

// True: the visitor is taken, and comes back when it was decided on.
template <typename AnyVisitor>
bool ServerSession::ask_plugins(std::uint32_t id, AnyVisitor& visitor) {
    const hooks::SharedAskedPlugins& asked = services_.at(id).asked;
    if (visitor.visit || (!plugins_->wants_visitors() && !asked)) {
        return false;
    }
    hooks::Subject subject = plugins_->about_visitors_of(id);
    subject.asked = asked;
    add_visitor(subject, visitor);
    make_intrusive<AskedVisitor<AnyVisitor>>(*this, id, std::move(visitor), std::move(subject))->begin();
    return true;
}

template bool ServerSession::ask_plugins(std::uint32_t id, directory::Visitor& visitor);
template bool ServerSession::ask_plugins(std::uint32_t id, directory::TlsVisitor& visitor);

}  // namespace ferrotunnel::session
