// An instance of a plugin and its lifetime: snapshots, runs and tickets hold it. When none does, it is stopped and
// destroyed on the control thread, whichever thread held it last.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "expression/expression.hpp"
#include "hooks/http_run.hpp"
#include "plugin/failure_reason.hpp"
#include "plugin/hook_timer.hpp"
#include "plugin/instance_counts.hpp"
#include "plugin/prepared.hpp"
#include "plugin/scope.hpp"

/// The opaque instance of plugin_abi.h.
struct ft_instance {};

namespace ferrotunnel::plugin {

/// The operator's options of an instance, besides the settings of its type.
struct InstanceOptions {
    std::string id;                                // for logs; default: the type's name
    bool closed = false;                           // rejects on failure; a guard's default
    bool observe = false;                          // it is run and counted, but changes nothing
    Scope scope{};                                 // where it runs
    std::optional<expression::Expression> when{};  // when it runs; empty: always
};

class Instance : public ft_instance {
public:
    Instance(Type type, InstanceOptions options, Logger& log);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const ft_type& calls() const noexcept { return type_.calls; }
    const std::string& id() const noexcept { return options_.id; }
    const std::string& type() const noexcept { return type_.name; }
    bool fails_closed() const noexcept { return options_.closed; }
    bool observes() const noexcept { return options_.observe; }
    const Scope& scope() const noexcept { return options_.scope; }
    /// Null if it always runs.
    const expression::Expression* when() const noexcept { return options_.when ? &*options_.when : nullptr; }
    /// Request fields that it writes, and that visitors may not send.
    const std::vector<std::string>& identity() const noexcept { return identity_; }
    /// Whether it looks up tokens of clients.
    bool looks_up_tokens() const noexcept { return looks_up_tokens_; }
    void* object() const noexcept { return object_; }
    /// Whether its hooks have blocked workers too often, so that its failure policy applies instead. Thread-safe.
    bool is_off() const noexcept { return off_.load(std::memory_order_relaxed); }

    /// Count. Thread-safe.
    void count(Count what) const noexcept { counts_.add(what); }
    void count_time(HookKind hook, Duration took) const noexcept { counts_.add_time(hook, took); }
    const InstanceCounts& counts() const noexcept { return counts_; }

    /// Counts a failure of a hook in the request `request`, and logs it if the rate of such lines allows. Without a
    /// reason it is only counted. Thread-safe.
    void log_failure(HookKind hook, std::string_view request, std::string_view why) const noexcept;
    /// Log what an observing instance would have answered, or changed (such as the "request field" `name`).
    void log_observed(std::string_view request, const hooks::Reply& reply) const noexcept;
    void log_change(std::string_view request, std::string_view what, std::string_view name = {}) const noexcept;
    /// Logs that a hook has blocked its worker, and switches the instance off if that happens too often. Thread-safe.
    void log_slow(std::string_view hook, const SlowHook& slow) const noexcept;
    /// Like log_failure() above, for a visitor, login or registration from `address`, in the session phase called
    /// `phase`.
    void log_failure(std::string_view phase, std::string_view address, std::string_view why) const noexcept;
    /// Log what an observing instance would have refused there, with its words, or changed.
    void log_observed(std::string_view phase, std::string_view address, std::string_view words) const noexcept;
    void log_change(std::string_view phase, std::string_view address, std::string_view what,
                    std::string_view name) const noexcept;
    /// Logs a line of the plugin. Thread-safe.
    void log(std::int32_t level, std::string_view line) const noexcept;

private:
    friend class Instances;

    const Type type_;
    const InstanceOptions options_;
    Logger& log_;
    void* object_ = nullptr;
    std::vector<std::string> identity_;
    bool looks_up_tokens_ = false;
    bool started_ = false;
    mutable InstanceCounts counts_;
    mutable SlowHooks slow_;
    mutable std::atomic<bool> off_{false};
    Instance* next_ = nullptr;  // in the list of instances without a holder
};

/// Runs a hook of an instance, counts its time, and logs it if it has blocked the thread. Exceptions are caught, since
/// none may leave a plugin. `watch` is the calling thread's; `follows` as for HookTimer::begin.
template <typename Hook>
void timed(HookTimer& watch, const Instance& asked, HookKind kind, Hook hook, bool follows = false) noexcept {
    watch.begin(follows);
    FailureReason::clear();
    try {
        hook();
    } catch (const std::exception& problem) {
        FailureReason::set("it threw an exception: ");
        FailureReason::add(problem.what());
    } catch (...) {
        FailureReason::set("it threw an object that is not a std::exception");
    }
    const std::optional<SlowHook> slow = watch.end();
    asked.count_time(kind, watch.took());
    if (slow) {
        asked.log_slow(name_of(kind), *slow);
    }
}

/// Creates, starts and destroys instances. One call at a time: the calling thread is the control thread.
class Instances {
public:
    /// `log` must outlive this object.
    explicit Instances(Logger& log) noexcept : log_(log) {}
    ~Instances() { finish(); }
    Instances(const Instances&) = delete;
    Instances& operator=(const Instances&) = delete;

    /// Creates an instance. `before`: the one that it replaces, or null. The error is a sentence.
    Result<std::shared_ptr<Instance>, std::string> make(const Prepared& prepared, InstanceOptions options,
                                                        const Instance* before = nullptr);
    /// Starts an instance: the server runs from now on.
    void start(Instance& instance);
    /// Stops and destroys the instances that have no holder any more.
    void destroy_retired();
    /// From now on a thread of this object destroys instances as soon as they have no holder. May throw
    /// std::system_error.
    void start_reaper();
    /// Waits until no instance has a holder any more, and destroys the last ones.
    void finish();
    /// The number of instances that were created and not destroyed.
    std::size_t living() const;

private:
    /// Receives instances from their last holders, on any thread.
    struct RetiredInstances {
        mutable Mutex mutex;
        ConditionVariable left;
        Instance* first GUARDED_BY(mutex) = nullptr;
        std::size_t living GUARDED_BY(mutex) = 0;
        bool closed GUARDED_BY(mutex) = false;  // the thread must end
    };
    struct Control;

    static void destroy(Instance* instance) noexcept;
    void end_thread() noexcept;

    Logger& log_;
    const std::shared_ptr<RetiredInstances> retired_ = std::make_shared<RetiredInstances>();
    Mutex control_;  // held during every call of a plugin
    std::thread thread_;
};

}  // namespace ferrotunnel::plugin
