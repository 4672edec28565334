// Listeners for a client's visits to private services of others; each visitor is assigned to a trunk, in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "runtime/acceptor.hpp"
#include "session/link_context.hpp"
#include "session/visit_plan.hpp"

namespace ferrotunnel::session {

/// Lives on the link's worker.
class VisitListeners {
public:
    struct Needs {
        const LinkContext& at;
        std::function<void(std::size_t place, const std::shared_ptr<const VisitPlan>&, directory::Visitor)> visit;
    };

    explicit VisitListeners(Needs needs) : needs_(std::move(needs)) {}
    VisitListeners(const VisitListeners&) = delete;
    VisitListeners& operator=(const VisitListeners&) = delete;

    /// Listens until end() or stop_accepting(). `id`: the caller's choice. `listener`: for a UDP service a datagram
    /// socket.
    void begin(std::uint32_t id, std::shared_ptr<const VisitPlan> plan, runtime::Fd listener);
    /// Changes the plan for visitors from now on.
    void set_plan(std::uint32_t id, std::shared_ptr<const VisitPlan> plan) { visits_.at(id).plan = std::move(plan); }
    /// Accepts no new visitors there. Present ones stay.
    void end(std::uint32_t id) { visits_.erase(id); }
    /// Accepts no new visitors of TCP services, so that another client may listen there.
    void stop_accepting() noexcept;
    /// Assigns the visitor to a trunk that accepts one.
    void on_visitor(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor visitor);

private:
    struct Visited {
        std::shared_ptr<const VisitPlan> plan;
        std::unique_ptr<runtime::Acceptor> acceptor;  // or ...
        std::unique_ptr<directory::PublicPort> port;  // ... of a UDP service
    };

    void accept(Visited& visited, runtime::Fd listener);
    void receive_datagrams(Visited& visited, runtime::Fd socket);

    const Needs needs_;
    std::map<std::uint32_t, Visited> visits_;
    std::size_t turn_ = 0;
};

}  // namespace ferrotunnel::session
