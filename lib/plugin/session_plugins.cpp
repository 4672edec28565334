#include "plugin/session_plugins.hpp"

#include <algorithm>
#include <utility>

#include "plugin/client_plugins.hpp"
#include "plugin/session_chain_run.hpp"

namespace ferrotunnel::plugin {

using hooks::SessionPhase;

void SessionPlugins::set_chain(std::shared_ptr<const Chain> chain) {
    unsigned phases = 0;
    if (chain) {
        for (const SessionPhase phase : {SessionPhase::login, SessionPhase::registration, SessionPhase::connect}) {
            const bool any = std::any_of(chain->instances.begin(), chain->instances.end(),
                                         [phase](const auto& each) { return has_hook(each->calls(), phase); });
            phases |= any ? bit_of(phase) : 0U;
        }
    }
    // Declared before the lock, since this may destroy the last reference to an instance.
    decltype(workers_) before;
    const MutexLock lock(mutex_);
    before.swap(workers_);
    chain_.swap(chain);
    phases_.store(phases, std::memory_order_relaxed);
}

std::shared_ptr<const Chain> SessionPlugins::chain() {
    const MutexLock lock(mutex_);
    return chain_;
}

void SessionPlugins::set_clients(ClientPlugins* clients) {
    const MutexLock lock(mutex_);
    clients_ = clients;
}

void SessionPlugins::make_requested(hooks::PluginRequest wanted, hooks::PluginRequestCallback made) {
    {
        const MutexLock lock(mutex_);
        if (clients_ != nullptr && clients_->take(wanted, made)) {
            return;
        }
    }
    made(hooks::PluginRequestRefusal{hooks::PluginRequestRefusal::Why::busy,
                                     "The server cannot create the plugins that the service requests at the moment."});
}

IntrusivePtr<WorkerChain> SessionPlugins::chain_on(const std::shared_ptr<buffer::Mailbox>& mailbox) {
    const MutexLock lock(mutex_);
    if (!chain_) {
        return nullptr;
    }
    IntrusivePtr<WorkerChain>& known = workers_[mailbox];
    if (!known) {
        IntrusivePtr<WorkerState>& state = states_[mailbox.get()];
        if (!state) {
            state = make_intrusive<WorkerState>(waits_);
        }
        known = make_intrusive<WorkerChain>(chain_, waits_, mailbox, state);
    }
    return known;
}

std::unique_ptr<hooks::SessionRun> SessionPlugins::begin(SessionPhase phase, hooks::Subject subject,
                                                         hooks::SessionRunOwner& owner,
                                                         std::shared_ptr<buffer::Mailbox> mailbox) {
    check_here(*mailbox);
    if (subject.asked) {
        const hooks::SharedRequestedPlugins asked = subject.asked;
        return asked->begin_visit(std::move(subject), owner, std::move(mailbox));
    }
    IntrusivePtr<WorkerChain> chain = wants(phase) ? chain_on(mailbox) : nullptr;
    return chain ? std::make_unique<SessionChainRun>(std::move(chain), phase, std::move(subject), owner) : nullptr;
}

}  // namespace ferrotunnel::plugin
