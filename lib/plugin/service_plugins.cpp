#include "plugin/service_plugins.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "plugin/http_chain_run.hpp"
#include "plugin/session_chain_run.hpp"

namespace ferrotunnel::plugin {

static_assert(limits::plugin_instances_of_operator_max + limits::plugin_places_of_clients <= 64);

// --- what services have in common ---

std::vector<std::shared_ptr<ServicePlugins>> RequestedPluginRegistry::services() {
    std::vector<std::shared_ptr<ServicePlugins>> living;
    const MutexLock lock(mutex_);
    for (const std::weak_ptr<ServicePlugins>& each : services_) {
        if (auto service = each.lock()) {
            living.push_back(std::move(service));
        }
    }
    return living;
}

void RequestedPluginRegistry::set_operators(std::shared_ptr<const Chain> chain) {
    {
        const MutexLock lock(mutex_);
        operators_.swap(chain);
    }
    for (const auto& service : services()) {
        service->renew();
    }
}

std::shared_ptr<const Chain> RequestedPluginRegistry::operators() const {
    const MutexLock lock(mutex_);
    return operators_;
}

IntrusivePtr<WorkerState> RequestedPluginRegistry::state_of(const buffer::Mailbox* mailbox) {
    const MutexLock lock(mutex_);
    IntrusivePtr<WorkerState>& state = states_[mailbox];
    if (!state) {
        state = make_intrusive<WorkerState>(bounds_.waits);
    }
    return state;
}

bool RequestedPluginRegistry::has_room(const Token& token, std::size_t more) const {
    const MutexLock lock(mutex_);
    const auto found = counts_.find(token);
    return all_ + more <= bounds_.in_all && (found == counts_.end() ? 0 : found->second) + more <= bounds_.per_token;
}

/// An instance that is counted as long as something holds it.
struct RequestedPluginRegistry::Counted {
    Counted(std::shared_ptr<RequestedPluginRegistry> registry_in, const Token& token_in,
            std::shared_ptr<Instance> instance_in)
        : registry(std::move(registry_in)), token(token_in), instance(std::move(instance_in)) {
        const MutexLock lock(registry->mutex_);
        ++registry->counts_[token];
        ++registry->all_;
    }
    ~Counted() { registry->removed(token); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    const std::shared_ptr<RequestedPluginRegistry> registry;
    const Token token;
    const std::shared_ptr<Instance> instance;
};

std::shared_ptr<ServicePlugins> RequestedPluginRegistry::add(const Token& token,
                                                             std::vector<std::shared_ptr<Instance>> instances,
                                                             std::string names) {
    for (std::shared_ptr<Instance>& instance : instances) {
        const auto counted = std::make_shared<Counted>(shared_from_this(), token, std::move(instance));
        instance = std::shared_ptr<Instance>(counted, counted->instance.get());
    }
    auto service = std::make_shared<ServicePlugins>(shared_from_this(), std::move(instances), std::move(names));
    const MutexLock lock(mutex_);
    std::erase_if(services_, [](const auto& each) { return each.expired(); });
    services_.push_back(service);
    return service;
}

void RequestedPluginRegistry::removed(const Token& token) noexcept {
    const MutexLock lock(mutex_);
    --all_;
    const auto found = counts_.find(token);
    if (--found->second == 0) {
        counts_.erase(found);
    }
}

std::size_t RequestedPluginRegistry::instances() const {
    const MutexLock lock(mutex_);
    return all_;
}

void RequestedPluginRegistry::end() {
    set_operators(nullptr);
    for (const auto& service : services()) {
        service->end();
    }
}

// --- one service ---

void ServicePlugins::renew() {
    // Declared before the lock, since this may destroy the last reference to an instance.
    decltype(workers_) before;
    std::shared_ptr<const Chain> chain;
    const MutexLock lock(mutex_);
    before.swap(workers_);
    chain.swap(chain_);
}

void ServicePlugins::end() {
    renew();
    std::vector<std::shared_ptr<Instance>> before;
    const MutexLock lock(mutex_);
    before.swap(instances_);
}

IntrusivePtr<WorkerChain> ServicePlugins::chain_on(std::shared_ptr<buffer::Mailbox> mailbox) {
    const MutexLock lock(mutex_);
    if (instances_.empty()) {
        throw std::runtime_error("the service's plugins are stopped because the server is stopping");
    }
    if (!chain_) {
        auto chain = std::make_shared<Chain>();
        if (const auto operators = registry_->operators()) {
            chain->instances = operators->instances;
        }
        chain->client_plugins_begin = chain->instances.size();
        chain->instances.insert(chain->instances.end(), instances_.begin(), instances_.end());
        chain_ = std::move(chain);
    }
    IntrusivePtr<WorkerChain>& known = workers_[mailbox.get()];
    if (!known) {
        IntrusivePtr<WorkerState> state = registry_->state_of(mailbox.get());
        known = make_intrusive<WorkerChain>(chain_, registry_->waits(), std::move(mailbox), std::move(state));
    }
    return known;
}

std::unique_ptr<hooks::HttpRun> ServicePlugins::begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                                      hooks::RunOwner& owner,
                                                      std::shared_ptr<buffer::Mailbox> mailbox) {
    check_here(*mailbox);
    IntrusivePtr<WorkerChain> chain = chain_on(std::move(mailbox));
    const InScope scope = chain->scopes.find(info.host, info.service, head.target.path);
    return std::make_unique<HttpChainRun>(std::move(chain), head, info, scope, owner);
}

std::unique_ptr<hooks::SessionRun> ServicePlugins::begin_visit(hooks::Subject subject, hooks::SessionRunOwner& owner,
                                                               std::shared_ptr<buffer::Mailbox> mailbox) {
    check_here(*mailbox);
    subject.asked = nullptr;  // the run has the references that it needs
    return std::make_unique<SessionChainRun>(chain_on(std::move(mailbox)), hooks::SessionPhase::connect,
                                             std::move(subject), owner);
}

}  // namespace ferrotunnel::plugin
