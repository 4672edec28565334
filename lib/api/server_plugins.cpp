#include "api/server_plugins.hpp"

#include <chrono>
#include <utility>

#include "ferrotunnel/error.hpp"
#include "fetch/plugin_table.hpp"
#include "plugin/host.hpp"
#include "runtime/cpu_wait.hpp"

namespace ferrotunnel::detail {
namespace {

std::vector<plugin::RequestedInstance> wanted_of(const std::vector<PluginSpec>& specs, std::vector<Problem>& problems) {
    std::vector<PreparedPlugin> prepared = prepare_plugins(specs, problems);
    std::vector<plugin::RequestedInstance> wanted;
    for (std::size_t i = 0; problems.empty() && i < prepared.size(); ++i) {
        wanted.push_back({specs[i].use, std::move(prepared[i].prepared), std::move(prepared[i].options)});
    }
    return wanted;
}

std::vector<plugin::ClientType> types_of(const std::vector<ClientPlugin>& plugins) {
    std::vector<plugin::ClientType> types;
    for (const ClientPlugin& each : plugins) {
        types.push_back({each.type, each.library});
    }
    return types;
}

void set_times() {
    plugin::set_clock([] {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count());
    });
    plugin::set_cpu_wait(runtime::cpu_wait_of_this_thread);
    (void)fetch::plugin_table();  // so that every server links it (plugin/host.cpp)
}

}  // namespace

ServerPlugins::ServerPlugins(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types,
                             const PluginLimits& limits, Logger& log)
    : specs_(std::move(specs)),
      client_types_(std::move(client_types)),
      waits_{limits.wait_timeout, limits.waiting, limits.collected},
      instances_(log),
      clients_(log, {.instances = {.waits = waits_}}) {}

// --- the start ---

ServerPlugins::Opening::Opening(ServerPlugins& plugins) : plugins_(plugins) {
    const MutexLock lock(plugins_.mutex_);
    plugins_.state_ = State::opening;
    plugins_.front_ = nullptr;
}

ServerPlugins::Opening::~Opening() {
    if (done_) {
        return;
    }
    plugins_.close();
    const MutexLock lock(plugins_.mutex_);
    plugins_.state_ = State::idle;
    plugins_.changed_.notify_all();
}

std::error_code ServerPlugins::Opening::make(std::string& what) {
    set_times();
    std::vector<Problem> problems;  // the settings were valid when the server was built, but a file may be gone now
    auto next = plugins_.chain_.next(wanted_of(plugins_.specs_, problems), plugins_.instances_);
    if (!problems.empty() || !next) {
        what = next ? to_text(problems.front()) : next.error().text;
        return errc::invalid_argument;
    }
    plugins_.chain_ = std::move(*next);
    plugins_.chain_.start(plugins_.instances_);
    plugins_.sessions_->set_chain(plugins_.chain_.chain());
    plugins_.on_chain_();
    plugins_.clients_.open(types_of(plugins_.client_types_));
    plugins_.clients_.set_operators(plugins_.chain_.chain());
    plugins_.sessions_->set_clients(&plugins_.clients_);
    return {};
}

void ServerPlugins::Opening::done(ingress::HttpFront* front) {
    const MutexLock lock(plugins_.mutex_);
    plugins_.state_ = State::running;
    plugins_.front_ = front;
    done_ = true;
    plugins_.changed_.notify_all();
}

// --- changes ---

exchange::HooksFactory ServerPlugins::hooks_of(const plugin::LiveChain& chain) const {
    if (!chain.chain()) {
        return {};
    }
    return [chain = chain.chain(), workers = workers_, waits = waits_](std::shared_ptr<buffer::Mailbox> mailbox) {
        const MutexLock lock(workers->mutex);
        IntrusivePtr<plugin::WorkerState>& state = workers->states[mailbox.get()];
        if (!state) {
            state = make_intrusive<plugin::WorkerState>(waits);
        }
        return std::make_unique<plugin::WorkerPlugins>(chain, waits, std::move(mailbox), state);
    };
}

exchange::HooksFactory ServerPlugins::hooks() const {
    if (!chain_.chain()) {
        return {};
    }
    return [this](std::shared_ptr<buffer::Mailbox> mailbox) { return hooks_of(chain_)(std::move(mailbox)); };
}

std::vector<Problem> ServerPlugins::set(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types) {
    ReleasableLock lock(mutex_);
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return state_ != State::opening; });
    if (state_ == State::over) {
        throw std::system_error(errc::not_running, "the server has been stopped");
    }
    std::vector<Problem> problems;
    std::vector<plugin::RequestedInstance> wanted = wanted_of(specs, problems);
    check_client_plugins(client_types, specs.size(), problems);
    if (!problems.empty()) {
        return problems;
    }
    if (state_ == State::idle) {
        specs_ = std::move(specs);
        client_types_ = std::move(client_types);
        return {};
    }
    std::vector<plugin::ClientType> types = types_of(client_types);
    instances_.start_reaper();
    instances_.destroy_retired();  // instances that are out of use do not count
    auto next = chain_.next(std::move(wanted), instances_);
    if (!next) {
        const plugin::InstanceError& unmade = next.error();
        return {{"plugins[" + std::to_string(unmade.index) + "]", unmade.text}};
    }
    // Before the workers are notified: a hook may rely on start(). After the last step that can fail: what was started
    // exists.
    if (front_ != nullptr) {
        front_->set_hooks(hooks_of(*next), [&] { next->start(instances_); });
    } else {
        next->start(instances_);
    }
    sessions_->set_chain(next->chain());
    on_chain_();
    clients_.set_operators(next->chain());
    clients_.set_types(std::move(types));
    client_types_ = std::move(client_types);
    chain_ = std::move(*next);
    return {};
}

namespace {

std::vector<PluginHookTime> hook_times(const plugin::InstanceCounts& counts) {
    std::vector<PluginHookTime> times;
    for (std::size_t i = 0; i < plugin::InstanceCounts::hooks; ++i) {
        const auto hook = static_cast<plugin::HookKind>(i);
        const plugin::InstanceCounts::Time time = counts.time(hook);
        if (time.calls != 0) {
            times.push_back({std::string(name_of(hook)), time.calls, std::chrono::nanoseconds(time.nanoseconds)});
        }
    }
    return times;
}

}  // namespace

std::vector<PluginInfo> ServerPlugins::infos() const {
    const std::shared_ptr<const plugin::Chain> chain = sessions_->chain();
    std::vector<PluginInfo> infos;
    for (std::size_t i = 0; chain != nullptr && i < chain->instances.size(); ++i) {
        const plugin::Instance& instance = *chain->instances[i];
        const auto sum = [&instance](plugin::Count what) { return instance.counts().sum(what); };
        using plugin::Count;
        infos.push_back({.id = instance.id(),
                         .type = instance.type(),
                         .observes = instance.observes(),
                         .fails_closed = instance.fails_closed(),
                         .is_off = instance.is_off(),
                         .counts = {sum(Count::asked), sum(Count::answered), sum(Count::edits), sum(Count::bodies),
                                    sum(Count::waits), sum(Count::failures), sum(Count::late), sum(Count::slow)},
                         .hooks = hook_times(instance.counts())});
    }
    return infos;
}

void ServerPlugins::end() {
    const MutexLock lock(mutex_);
    state_ = State::over;
    front_ = nullptr;
}

void ServerPlugins::close() {
    sessions_->set_chain(nullptr);  // streams of the application may hold sessions for longer
    sessions_->set_clients(nullptr);
    clients_.close();
    chain_ = {};
    instances_.destroy_retired();
}

}  // namespace ferrotunnel::detail
