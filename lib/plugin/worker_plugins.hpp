// The plugins of one worker: the chain for new exchanges, and the number of waiting exchanges.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/limits.hpp"
#include "buffer/mailbox.hpp"
#include "hooks/http_run.hpp"
#include "plugin/collected_body.hpp"
#include "plugin/hook_timer.hpp"
#include "plugin/instance.hpp"
#include "plugin/scope.hpp"

namespace ferrotunnel::plugin {

/// The instances that requests pass, in the operator's order. Immutable, and shared by all workers.
struct Chain {
    std::vector<std::shared_ptr<Instance>> instances;
    /// From this position on the instances are those that a client has requested.
    std::size_t client_plugins_begin = SIZE_MAX;
};

/// The request fields that instances of the chain write, each once, compared loosely.
std::vector<std::string> identity_of(const Chain& chain);

/// The fault of the chain as a whole, as a sentence; empty if requests may pass it.
std::optional<std::string> fault_of(const Chain& chain);

struct WaitSettings {
    Duration longest = std::chrono::seconds(5);
    std::size_t waiting_max = limits::plugin_waiting_max;
    std::size_t collected_max = limits::plugin_collected_max;  // for a new WorkerState
};

/// What waits of the exchanges of one token.
struct WaitShare {
    std::size_t waiting = 0;
    std::size_t head_bytes = 0;
};
using WaitShares = std::map<std::string, WaitShare, std::less<>>;  // by token; those of which something waits

/// State that the chains of one worker share, even when one replaces another: the number of waiting exchanges, and the
/// watch of hooks. Lives on that worker.
struct WorkerState : RefCounted {
    explicit WorkerState(const WaitSettings& waits) noexcept : collected(waits.collected_max) {}

    std::size_t waiting = 0;
    std::size_t head_bytes = 0;
    WaitShares shares;
    CollectBudget collected;
    HookTimer watch;
};

/// A chain on one worker, with the number of its waiting exchanges. Runs hold it, so that their counts share no cache
/// line with other workers.
class WorkerChain : public RefCounted {
public:
    WorkerChain(std::shared_ptr<const Chain> chain_in, WaitSettings waits_in,
                std::shared_ptr<buffer::Mailbox> mailbox_in, IntrusivePtr<WorkerState> state_in);

    const std::shared_ptr<const Chain> chain;
    const ScopeTable scopes;
    /// Request fields that instances of the chain write: they are removed from visitors' requests.
    const std::vector<std::string> identity;
    const WaitSettings waits;
    const std::shared_ptr<buffer::Mailbox> mailbox;

    /// The memory limit for collected bodies.
    CollectBudget& collected() noexcept { return state_->collected; }
    /// Counts one more exchange that waits for `instance`, with the copy of its head, in the share of `token`. Empty if
    /// too many wait, of all or of this token.
    std::optional<WaitShares::iterator> begin_wait(std::size_t instance, std::string_view token,
                                                   std::size_t head_bytes) noexcept;
    void end_wait(std::size_t instance, WaitShares::iterator share, std::size_t head_bytes) noexcept;
    std::size_t waiting() const noexcept { return state_->waiting; }
    /// Detects hooks that block this worker.
    HookTimer& watch() noexcept { return state_->watch; }
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
    /// For the worker with this mailbox; any thread may construct it. `state`: the worker's, shared by all of its
    /// chains; null if there was none.
    WorkerPlugins(std::shared_ptr<const Chain> chain, WaitSettings waits, std::shared_ptr<buffer::Mailbox> mailbox,
                  IntrusivePtr<WorkerState> state = nullptr);

    std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                          hooks::RunOwner& owner) override;

    /// The number of exchanges that wait for decisions.
    std::size_t waiting() const noexcept { return chain_->waiting(); }
    /// The memory of the bodies that they collect.
    std::size_t collected() const noexcept { return chain_->collected().taken(); }

private:
    IntrusivePtr<WorkerChain> chain_;
};

}  // namespace ferrotunnel::plugin
