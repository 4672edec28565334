#include "session/visitor_intake.hpp"

#include <memory>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "session/plugin_call.hpp"
#include "session/server_shared.hpp"
#include "session/session_plugins.hpp"
#include "session/visit.hpp"
#include "session/visitor_log.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::string address_of(const directory::Visitor& visitor) {
    return visitor.from.text();
}

std::string address_of(const directory::TlsVisitor& visitor) {
    return text_of(visitor.from);
}

void add_visitor(hooks::Subject& subject, const directory::Visitor& visitor) {
    const net::Address from = runtime::visitor_address(visitor.from);
    subject.address = net::ip_text(from);
    subject.port = from.port;
}

void add_visitor(hooks::Subject& subject, const directory::TlsVisitor& visitor) {
    subject.address = net::ip_text(visitor.from);
    subject.port = visitor.from.port;
    subject.host = visitor.host;
}

template <typename AnyVisitor>
void reject_visitor(AnyVisitor visitor) {
    if (const IntrusivePtr<directory::DistantVisitor> distant = std::exchange(visitor.distant, nullptr)) {
        distant->rejected();
    }
}

// A visitor of TCP, TLS or UDP while plugins decide on it, before it gets a stream. Its bytes stay in the kernel; a few
// datagrams wait at the port, as for every stream. A UDP visitor is an address: it is decided on once, and a rejected
// one stays rejected until its port forgets it.
//
// It belongs to no trunk: if its trunk is lost meanwhile, it moves to another one. It keeps itself alive until its
// time has passed or the worker ends, at the latest.
template <typename AnyVisitor>
class PendingVisitor final : public RefCounted, private runtime::ShutdownHook {
public:
    PendingVisitor(const SessionContext& at, hooks::SessionHooks& hooks, VisitorIntake::Arrival arrival,
                   std::uint32_t service, AnyVisitor visitor, hooks::Subject subject)
        : worker_(at.worker),
          shared_(at.shared),
          arrival_(std::move(arrival)),
          service_(service),
          visitor_(std::move(visitor)),
          address_(subject.address),
          service_name_(subject.service->name),
          began_(worker_.now()),
          call_(std::make_unique<PluginCall>(worker_, hooks, hooks::SessionPhase::connect, std::move(subject))) {}
    ~PendingVisitor() override {
        if (std::unique_ptr<hooks::SessionRun> run = call_->take_run()) {
            const directory::WatchedVisitor given_up(std::move(run), began_);
        }
    }

    void begin() {
        const hooks::Step step = call_->ask([this](hooks::Step later) { decided(later); });
        if (step != hooks::Step::wait) {
            decided(step);
            return;
        }
        self_ = IntrusivePtr<PendingVisitor>(this);
        worker_.shutdown_hooks().add(*this);
    }

private:
    void decided(hooks::Step step) noexcept {
        const IntrusivePtr<PendingVisitor> keep = std::exchange(self_, nullptr);
        leave();
        const std::shared_ptr<VisitorIntake> intake = arrival_.arrived();
        intake->guarded([&] { go_on(*intake, step); });
    }
    void go_on(VisitorIntake& intake, hooks::Step step) {
        std::unique_ptr<hooks::SessionRun> run = call_->take_run();
        const hooks::SessionRefusal refusal =
            step == hooks::Step::answer ? run->take_refusal() : hooks::SessionRefusal();
        std::shared_ptr<directory::WatchedVisitor> visit;
        if (run) {
            visit = std::make_shared<directory::WatchedVisitor>(std::move(run), began_);
        }
        if (step == hooks::Step::answer) {
            visit->refused = true;
            shared_->counters->visitors_refused.fetch_add(1, std::memory_order_relaxed);
            log_plugin_refusal(*shared_->log, worker_.now(), "a visitor", refusal, address_,
                               printable(service_name_, 64));
            reject_visitor(std::move(visitor_));
            return;
        }
        visitor_.visit = std::move(visit);
        intake.on_visitor(service_, std::move(visitor_));
    }
    void on_worker_end() noexcept override {
        self_.reset();  // this object is gone
    }

    runtime::Worker& worker_;
    const std::shared_ptr<ServerShared> shared_;
    VisitorIntake::Arrival arrival_;
    const std::uint32_t service_;
    AnyVisitor visitor_;
    const std::string address_;
    const std::string service_name_;
    const TimePoint began_;
    const std::unique_ptr<PluginCall> call_;
    IntrusivePtr<PendingVisitor> self_;  // while it waits
};

}  // namespace

VisitorIntake::Arrival VisitorIntake::arrival() {
    return {std::shared_ptr<VisitorIntake>(needs_.executor.keep(), this), needs_.load.count_arrival()};
}

template <typename AnyVisitor>
void VisitorIntake::deliver(AnyVisitor visitor, std::uint32_t service) {
    if (needs_.at.worker.here()) {
        on_visitor(service, std::move(visitor));
        return;
    }
    needs_.executor.mailbox()->post_call([to = arrival(), service, visitor = std::move(visitor)]() mutable {
        to.arrived()->on_visitor(service, std::move(visitor));
    });
}

template void VisitorIntake::deliver(directory::Visitor visitor, std::uint32_t service);
template void VisitorIntake::deliver(directory::TlsVisitor visitor, std::uint32_t service);

void VisitorIntake::accept_by_name(std::uint32_t id, runtime::Fd socket, const runtime::SocketAddress& from) {
    const SessionService* const service = needs_.table.find(id);
    // A service that is registered again, and claimed or waiting, is not there yet: it has neither port nor counts.
    const bool is_there = service != nullptr && service->named != nullptr &&
                          (service->description.kind == wire::ServiceKind::tcp ||
                           service->description.kind == wire::ServiceKind::private_tcp);
    directory::Visitor visitor(std::move(socket), from, is_there ? service->public_port : nullptr);
    if (!is_there) {
        return;  // it was removed meanwhile: the visitor's connection is reset
    }
    if (const std::shared_ptr<directory::SharedPort> port = visitor.port) {
        port->dispatch(std::move(visitor));
    } else {
        on_visitor(id, std::move(visitor));
    }
}

void VisitorIntake::accept_relayed(std::uint32_t id, IntrusivePtr<directory::DistantVisitor> relay,
                                   const runtime::SocketAddress& from) {
    directory::Visitor visitor(runtime::Fd(), from, nullptr);
    visitor.distant = std::move(relay);
    const SessionService* const service = needs_.table.find(id);
    if (service != nullptr && service->named != nullptr && service->is_private()) {
        on_visitor(id, std::move(visitor));
    }  // otherwise it was removed meanwhile: the visitor is refused
}

void VisitorIntake::on_visitor(std::uint32_t id, directory::Visitor visitor) {
    SessionService* const service = needs_.has_ended() ? nullptr : needs_.table.find(id);
    if (service == nullptr || service->public_port != visitor.port) {
        // This trunk has left the port while the visitor was on the way to it: others may still be there.
        (void)needs_.streams.pass_on(visitor);  // without another trunk the visitor's connection is reset
        return;
    }
    needs_.executor.run([&] {
        if (!needs_.streams.count(visitor.of_token, runtime::visitor_address(visitor.from))) {
            crowd_out(visitor);
        } else if (!call_plugins(*service, visitor)) {
            open_or_wait(*service, std::move(visitor));
        }
    });
}

void VisitorIntake::on_visitor(std::uint32_t id, directory::TlsVisitor visitor) {
    SessionService* const service = needs_.has_ended() ? nullptr : needs_.table.find(id);
    if (service == nullptr || service->http != visitor.service) {
        // This trunk has left the service while the visitor was on the way to it: others may still carry it, or it
        // waits where it arrived until the client is back.
        (void)needs_.streams.pass_on(visitor);
        return;
    }
    needs_.executor.run([&] {
        if (!needs_.streams.count(visitor.of_token, visitor.from)) {
            crowd_out(visitor);
        } else if (!call_plugins(*service, visitor)) {
            open_or_wait(*service, std::move(visitor));
        }
    });
}

// True if the visitor was taken, and comes back when the decision is made.
template <typename AnyVisitor>
bool VisitorIntake::call_plugins(SessionService& service, AnyVisitor& visitor) {
    SessionPlugins* const plugins = needs_.plugins;
    if (plugins == nullptr || visitor.visit || (!plugins->wants_visitors() && !service.asked)) {
        return false;
    }
    hooks::Subject subject = plugins->about_visitors_of(service);
    subject.asked = service.asked;
    add_visitor(subject, visitor);
    make_intrusive<PendingVisitor<AnyVisitor>>(needs_.at, plugins->hooks(), arrival(), service.description.id,
                                               std::move(visitor), std::move(subject))
        ->begin();
    return true;
}

// Opens a stream for a visitor. If others wait, it waits behind them, unless another trunk has room; if no trunk has
// room, it stays with the last one. At a distance an answer takes a round trip, in which any number may arrive.
template <typename AnyVisitor>
void VisitorIntake::open_or_wait(SessionService& service, AnyVisitor visitor) {
    const std::uint32_t id = service.description.id;
    directory::VisitorQueue& queue = service.queue;
    if (queue.empty() && !needs_.streams.must_wait(id)) {
        needs_.streams.open(service, std::move(visitor));
        return;
    }
    if (needs_.streams.pass_on(visitor)) {
        return;
    }
    if (queue.is_full()) {
        needs_.streams.report_refused(address_of(visitor), Code::busy);
        crowd_out(visitor);
        return;
    }
    if (queue.empty()) {
        queued_services_.push_back(id);
    }
    visitor.excluded_carriers.clear();
    queue.push(std::move(visitor));
}

void VisitorIntake::on_room() {
    auto lines = std::exchange(queued_services_, {});
    std::erase_if(lines, [this](std::uint32_t id) { return !serve_queue(id); });
    queued_services_.insert(queued_services_.begin(), lines.begin(), lines.end());
}

// Serves a queue; true while a visitor is left in it. The service is looked up each time, because a call may end it.
bool VisitorIntake::serve_queue(std::uint32_t id) {
    SessionService* service = needs_.table.find(id);
    while (service != nullptr && !service->queue.empty() && !needs_.streams.must_wait(id)) {
        service->queue.consume_first([&](auto visitor) { needs_.streams.open(*service, std::move(visitor)); });
        service = needs_.table.find(id);
    }
    return service != nullptr && !service->queue.empty();
}

}  // namespace ferrotunnel::session
