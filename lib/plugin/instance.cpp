#include "plugin/instance.hpp"

#include <utility>

#include "base/text.hpp"
#include "plugin/control_call.hpp"
#include "plugin/escaped.hpp"
#include "plugin/host.hpp"
#include "plugin/settings_view.hpp"

namespace ferrotunnel::plugin {
namespace {

constexpr std::size_t name_shown_max = 64;  // bytes of a plugin's name that are logged

LogLevel level_of(std::int32_t level) noexcept {
    switch (level) {
        case FT_LOG_ERROR:
            return LogLevel::error;
        case FT_LOG_WARN:
            return LogLevel::warn;
        case FT_LOG_INFO:
            return LogLevel::info;
        default:
            return LogLevel::debug;
    }
}

}  // namespace

thread_local int ControlCall::depth_ = 0;

/// Makes the calling thread the control thread during its lifetime.
struct Instances::Control {
    explicit Control(Instances& instances) : lock(instances.control_) {}

    const MutexLock lock;
    const ControlCall call;
};

Instance::Instance(Type type, InstanceOptions options, Logger& log)
    : type_(std::move(type)), options_(std::move(options)), log_(log) {}

void Instance::log(std::int32_t level, std::string_view line) const noexcept {
    constexpr std::size_t longest = 1'024;
    static constexpr LogCategory lines{"plugin_lines"};
    try {
        const LogLevel as = level_of(level);
        if (log_.may_write(as, lines, now())) {
            log_.log_at(as, "a plugin logs", {{"plugin", options_.id}, {"text", escaped(line, longest)}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

void Instance::log_failure(HookKind hook, std::string_view request, std::string_view why) const noexcept {
    static constexpr LogCategory failures{"plugin_failures"};
    count(Count::failures);
    try {
        if (!why.empty() && log_.may_write(LogLevel::warn, failures, now())) {
            log_.warn("a plugin failed", {{"plugin", options_.id},
                                          {"request", request},
                                          {"why", escaped(why, limits::plugin_reason_max)},
                                          {"hook", name_of(hook)}});
        }
    } catch (const std::exception&) {
    }
}

void Instance::log_observed(std::string_view request, const hooks::Reply& reply) const noexcept {
    static constexpr LogCategory answers{"plugin_observations"};
    try {
        if (log_.may_write(LogLevel::info, answers, now())) {
            log_.info("a plugin would have answered",
                      {{"plugin", options_.id},
                       {"request", request},
                       {"status", reply.page ? http::info_of(*reply.page).status : reply.status}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

void Instance::log_change(std::string_view request, std::string_view what, std::string_view name) const noexcept {
    static constexpr LogCategory changes{"plugin_would_change"};
    try {
        if (log_.may_write(LogLevel::info, changes, now())) {
            log_.info("a plugin would have changed something", {{"plugin", options_.id},
                                                                {"request", request},
                                                                {"what", what},
                                                                {"name", printable(name, name_shown_max)}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

// Logs each slow hook within the rate of the log category; a worker has at most ten a second, of 100 ms each.
void Instance::log_slow(std::string_view hook, const SlowHook& slow) const noexcept {
    static constexpr LogCategory slow_hooks{"plugin_slow_hooks"};
    count(Count::slow);
    try {
        if (log_.may_write(LogLevel::warn, slow_hooks, now())) {
            log_.warn("a plugin blocked a worker",
                      {{"plugin", options_.id},
                       {"hook", hook},
                       {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(slow.blocked).count()}});
        }
        if (slow.is_certain && slow_.add(now()) && !off_.exchange(true, std::memory_order_relaxed)) {
            log_.error(
                "a plugin is switched off because it blocked workers too often: until it is changed, its "
                "failure policy applies",
                {{"plugin", options_.id},
                 {"times", limits::plugin_hooks_slow_max},
                 {"on_failure", options_.closed && !options_.observe ? "closed" : "open"}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

void Instance::log_failure(std::string_view phase, std::string_view address, std::string_view why) const noexcept {
    static constexpr LogCategory failures{"plugin_session_failures"};
    count(Count::failures);
    try {
        if (!why.empty() && log_.may_write(LogLevel::warn, failures, now())) {
            log_.warn("a plugin failed", {{"plugin", options_.id},
                                          {"phase", phase},
                                          {"from", address},
                                          {"why", escaped(why, limits::plugin_reason_max)}});
        }
    } catch (const std::exception&) {
    }
}

void Instance::log_observed(std::string_view phase, std::string_view address, std::string_view words) const noexcept {
    static constexpr LogCategory refusals{"plugin_session_observations"};
    try {
        if (log_.may_write(LogLevel::info, refusals, now())) {
            log_.info("a plugin would have refused",
                      {{"plugin", options_.id}, {"phase", phase}, {"from", address}, {"words", words}});
        }
    } catch (const std::exception&) {
    }
}

void Instance::log_change(std::string_view phase, std::string_view address, std::string_view what,
                          std::string_view name) const noexcept {
    static constexpr LogCategory changes{"plugin_session_would_change"};
    try {
        if (log_.may_write(LogLevel::info, changes, now())) {
            log_.info("a plugin would have changed something", {{"plugin", options_.id},
                                                                {"phase", phase},
                                                                {"from", address},
                                                                {"what", what},
                                                                {"name", printable(name, name_shown_max)}});
        }
    } catch (const std::exception&) {
    }
}

Result<std::shared_ptr<Instance>, std::string> Instances::make(const Prepared& prepared, InstanceOptions options,
                                                               const Instance* before) {
    const Control control(*this);
    const ft_type& calls = prepared.type.calls;
    if (options.id.empty()) {
        options.id = prepared.type.name;
    }
    auto owned = std::make_unique<Instance>(prepared.type, std::move(options), log_);
    ft_settings seen{prepared.settings};
    owned->object_ = calls.make(&seen, owned.get(), before != nullptr ? before->object() : nullptr);
    if (owned->object_ != nullptr && !seen.findings.empty()) {
        calls.destroy(std::exchange(owned->object_, nullptr));
    }
    if (owned->object_ == nullptr) {
        std::string text = "The plugin \"" + owned->id() + "\" cannot be created";
        for (const config::Finding& finding : seen.findings) {
            text += ": " + finding.path + (finding.path.empty() ? "" : " ") + finding.text;
        }
        return text + ".";
    }
    owned->identity_ = std::move(seen.identity);
    owned->looks_up_tokens_ = prepared.looks_up_tokens;
    {
        const MutexLock lock(retired_->mutex);
        ++retired_->living;
    }
    // If there is no memory for the pointer's control block, the instance is retired too.
    return std::shared_ptr<Instance>(owned.release(), [retired = retired_](Instance* instance) noexcept {
        const MutexLock lock(retired->mutex);
        instance->next_ = std::exchange(retired->first, instance);
        retired->left.notify_all();
    });
}

void Instances::start(Instance& instance) {
    const Control control(*this);
    instance.started_ = true;
    if (instance.calls().start != nullptr) {
        instance.calls().start(instance.object());
    }
}

void Instances::destroy_retired() {
    const Control control(*this);
    Instance* dead = nullptr;
    {
        const MutexLock lock(retired_->mutex);
        dead = std::exchange(retired_->first, nullptr);
    }
    while (dead != nullptr) {
        destroy(std::exchange(dead, dead->next_));
        const MutexLock lock(retired_->mutex);
        --retired_->living;
    }
}

void Instances::destroy(Instance* instance) noexcept {
    const std::unique_ptr<Instance> owned(instance);
    if (owned->started_ && owned->calls().stop != nullptr) {
        owned->calls().stop(owned->object());
    }
    owned->calls().destroy(owned->object());
}

std::size_t Instances::living() const {
    const MutexLock lock(retired_->mutex);
    return retired_->living;
}

void Instances::start_reaper() {
    if (thread_.joinable()) {
        return;
    }
    thread_ = std::thread([this] {
        ReleasableLock lock(retired_->mutex);
        while (!retired_->closed) {
            if (retired_->first == nullptr) {
                retired_->left.wait(lock);
                continue;
            }
            lock.unlock();
            destroy_retired();
            lock.lock();
        }
    });
}

void Instances::end_thread() noexcept {
    {
        const MutexLock lock(retired_->mutex);
        retired_->closed = true;
        retired_->left.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Instances::finish() {
    end_thread();
    while (living() > 0) {
        {
            ReleasableLock lock(retired_->mutex);
            retired_->left.wait(lock, [this]() REQUIRES(retired_->mutex) { return retired_->first != nullptr; });
        }
        destroy_retired();
    }
}

}  // namespace ferrotunnel::plugin
