// A visitor of TCP, TLS or UDP while plugins decide on it, before it gets a stream. Its bytes stay in the kernel; a few
// datagrams wait at the port, as for every stream. A UDP visitor is an address: it is decided on once, and a rejected
// one stays rejected until its port forgets it.
#pragma once

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
#include "session/visitor_intake.hpp"

namespace ferrotunnel::session {

inline void add_visitor(hooks::Subject& subject, const directory::Visitor& visitor) {
    const net::Address from = runtime::visitor_address(visitor.from);
    subject.address = net::ip_text(from);
    subject.port = from.port;
}

inline void add_visitor(hooks::Subject& subject, const directory::TlsVisitor& visitor) {
    subject.address = net::ip_text(visitor.from);
    subject.port = visitor.from.port;
    subject.host = visitor.host;
}

inline void reject_visitor(directory::Visitor visitor) {
    if (const IntrusivePtr<directory::DistantVisitor> distant = std::exchange(visitor.distant, nullptr)) {
        distant->rejected();
    }
}

inline void reject_visitor(directory::TlsVisitor visitor) {
    const directory::TlsVisitor gone = std::move(visitor);
}

/// It belongs to no trunk: if its trunk is lost meanwhile, it moves to another one. It keeps itself alive until its
/// time has passed or the worker ends, at the latest.
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

}  // namespace ferrotunnel::session
