// Intake of visitors at a trunk: plugins are called, the visitor waits in the queue, and gets a stream.
//
//   take --mail--> on_visitor --> plugins (PendingVisitor) --> queue --room--> stream (VisitorStreams)
//                      |               \--refused                     |
//                      `--------- the trunk has left the service -----'--> another trunk
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "session/visitor_streams.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker; take() may be called from any thread.
class VisitorIntake {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        SessionPlugins* plugins;  // null if the server has none
        VisitorStreams& streams;
        const TrunkLoad& load;
        std::function<bool()> has_ended;
    };
    class Arrival;

    explicit VisitorIntake(Needs needs) : needs_(std::move(needs)) {}

    /// Brings a visitor to the worker. Thread-safe.
    void take(directory::Visitor visitor, std::uint32_t service) { deliver(std::move(visitor), service); }
    void take(directory::TlsVisitor visitor, std::uint32_t service) { deliver(std::move(visitor), service); }
    /// Accepts a visitor that has named the service, of kind tcp or private_tcp, instead of connecting to its port.
    void accept_by_name(std::uint32_t service, runtime::Fd socket, const runtime::SocketAddress& from);
    /// Accepts a visit of another client, or one that another member of a cluster has forwarded, to a private service.
    void accept_relayed(std::uint32_t service, IntrusivePtr<directory::DistantVisitor> relay,
                        const runtime::SocketAddress& from);
    /// A visitor has arrived, or plugins have let it pass.
    void on_visitor(std::uint32_t service, directory::Visitor visitor);
    void on_visitor(std::uint32_t service, directory::TlsVisitor visitor);
    /// Streams may be opened again: queued visitors get theirs.
    void on_room();
    /// No visitor waits here, or is on the way.
    bool is_idle() const noexcept { return queued_services_.empty() && !needs_.load.has_arrivals(); }

    /// Runs `step`; an exception ends the session.
    template <typename Step>
    void guarded(Step step) const noexcept {
        needs_.executor.run(std::move(step));
    }
    /// A visitor that counts as being on the way to this trunk, and keeps its session alive.
    Arrival arrival();

private:
    template <typename AnyVisitor>
    void deliver(AnyVisitor visitor, std::uint32_t service);
    template <typename AnyVisitor>
    bool call_plugins(SessionService& service, AnyVisitor& visitor);
    template <typename AnyVisitor>
    void open_or_wait(SessionService& service, AnyVisitor visitor);
    bool serve_queue(std::uint32_t service);

    const Needs needs_;
    std::vector<std::uint32_t> queued_services_;  // ids of services with queued visitors
};

/// Counts as load as long as it lives, even if its mail is never read.
class VisitorIntake::Arrival {
public:
    Arrival(std::shared_ptr<VisitorIntake> to, TrunkLoad::Count count) noexcept
        : to_(std::move(to)), count_(std::move(count)) {}

    std::shared_ptr<VisitorIntake> arrived() noexcept {
        count_.end();
        return std::exchange(to_, nullptr);
    }

private:
    std::shared_ptr<VisitorIntake> to_;  // the session is kept
    TrunkLoad::Count count_;
};

}  // namespace ferrotunnel::session
