// The plugins of one worker: the chain that its exchanges begin with, and how many of them wait.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/limits.hpp"
#include "buffer/mailbox.hpp"
#include "hooks/http_run.hpp"
#include "plugin/collected_body.hpp"
#include "plugin/hook_watch.hpp"
#include "plugin/instance.hpp"
#include "plugin/scope.hpp"

namespace ferrotunnel::plugin {

/// The instances that requests pass, in the operator's order. Immutable; all workers share it.
struct Chain {
    std::vector<std::shared_ptr<Instance>> instances;
    /// From this place on they are those that a client has asked for, behind the operator's.
    std::size_t asked_from = SIZE_MAX;
};

/// The request fields that instances of the chain write, each once, loosely compared.
std::vector<std::string> identity_of(const Chain& chain);

/// What is wrong with the chain as a whole, as a sentence; nothing if requests may pass it.
std::optional<std::string> fault_of(const Chain& chain);

struct WaitSettings {
    Duration longest = std::chrono::seconds(5);
    std::size_t waiting_max = limits::plugin_waiting_max;
    std::size_t collected_max = limits::plugin_collected_max;  // of the state of a worker, when it is made
};

/// What the chains of one worker have in common, also when one takes the place of another: how many exchanges wait, and
/// who watches the hooks. On that worker.
struct WorkerState : RefCounted {
    explicit WorkerState(const WaitSettings& waits) noexcept : collected(waits.collected_max) {}

    std::size_t waiting = 0;
    std::size_t head_bytes = 0;
    CollectBudget collected;
    HookWatch watch;
};

/// A chain on one worker, and those of its exchanges that wait. Runs hold it, so that their counts meet on no line of
/// memory that other workers write.
class WorkerChain : public RefCounted {
public:
    WorkerChain(std::shared_ptr<const Chain> chain_in, WaitSettings waits_in,
                std::shared_ptr<buffer::Mailbox> mailbox_in, IntrusivePtr<WorkerState> state_in);

    const std::shared_ptr<const Chain> chain;
    const ScopeTable scopes;
    /// Fields of requests that instances of the chain write: those of visitors are taken away.
    const std::vector<std::string> identity;
    const WaitSettings waits;
    const std::shared_ptr<buffer::Mailbox> mailbox;

    /// What the worker's exchanges collect.
    CollectBudget& collected() noexcept { return state_->collected; }
    /// Counts one more that waits for the instance, with the copy of its head. False: too many do.
    bool begin_wait(std::size_t instance, std::size_t head_bytes) noexcept;
    void end_wait(std::size_t instance, std::size_t head_bytes) noexcept;
    std::size_t waiting() const noexcept { return state_->waiting; }
    /// Who looks whether hooks block this worker.
    HookWatch& watch() noexcept { return state_->watch; }
    /// See timed(); on this worker.
    template <typename Hook>
    void timed(const Instance& asked, HookKind kind, Hook hook, bool follows = false) noexcept {
        check_here(*mailbox);
        plugin::timed(state_->watch, asked, kind, std::move(hook), follows);
    }

private:
    const IntrusivePtr<WorkerState> state_;
    std::vector<std::size_t> waiting_of_;  // by instance
};

class WorkerPlugins final : public hooks::HttpHooks {
public:
    /// Any thread makes it for the worker whose mailbox it is. `state`: that worker's, which is the same for all of its
    /// chains; null: there was none before.
    WorkerPlugins(std::shared_ptr<const Chain> chain, WaitSettings waits, std::shared_ptr<buffer::Mailbox> mailbox,
                  IntrusivePtr<WorkerState> state = nullptr);

    std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                          hooks::RunOwner& owner) override;

    /// How many exchanges wait for decisions.
    std::size_t waiting() const noexcept { return chain_->waiting(); }
    /// The memory of the bodies that they collect.
    std::size_t collected() const noexcept { return chain_->collected().taken(); }

private:
    IntrusivePtr<WorkerChain> chain_;
};

}  // namespace ferrotunnel::plugin
