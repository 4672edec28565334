// The plugins for a server's sessions: one object for all workers, with counts of waiting calls for each worker.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "base/intrusive_ptr.hpp"
#include "base/mutex.hpp"
#include "hooks/session_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

class ClientPlugins;

class SessionPlugins final : public hooks::SessionHooks {
public:
    explicit SessionPlugins(WaitSettings waits = {}) noexcept : waits_(waits) {}

    /// Later calls use this chain; null if there are no plugins. Running calls keep theirs. Thread-safe.
    void set_chain(std::shared_ptr<const Chain> chain);
    /// The chain of later calls; null if there are no plugins. Thread-safe.
    std::shared_ptr<const Chain> chain();
    /// Sets what creates the plugins that clients request; null: none from now on. Thread-safe.
    void set_clients(ClientPlugins* clients);

    bool wants(hooks::SessionPhase phase) const noexcept override {
        return (phases_.load(std::memory_order_relaxed) & bit_of(phase)) != 0;
    }
    std::unique_ptr<hooks::SessionRun> begin(hooks::SessionPhase phase, hooks::Subject subject,
                                             hooks::SessionRunOwner& owner,
                                             std::shared_ptr<buffer::Mailbox> mailbox) override;
    void make_requested(hooks::PluginRequest wanted, hooks::PluginRequestCallback made) override;

private:
    static constexpr unsigned bit_of(hooks::SessionPhase phase) noexcept { return 1U << static_cast<unsigned>(phase); }
    IntrusivePtr<WorkerChain> chain_on(const std::shared_ptr<buffer::Mailbox>& mailbox);

    const WaitSettings waits_;
    std::atomic<unsigned> phases_{0};  // the phases for which some instance has a hook
    Mutex mutex_;
    ClientPlugins* clients_ GUARDED_BY(mutex_) = nullptr;
    std::shared_ptr<const Chain> chain_ GUARDED_BY(mutex_);
    std::map<std::shared_ptr<buffer::Mailbox>, IntrusivePtr<WorkerChain>> workers_ GUARDED_BY(mutex_);
    std::map<const buffer::Mailbox*, IntrusivePtr<WorkerState>> states_
        GUARDED_BY(mutex_);  // shared by the chains of a worker
};

}  // namespace ferrotunnel::plugin
