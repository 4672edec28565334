// An instance of a plugin, and who keeps it: snapshots, runs and tickets hold it, and when none does it is stopped and
// destroyed on the control thread, whichever thread had it last.
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
#include "plugin/hook_watch.hpp"
#include "plugin/instance_counts.hpp"
#include "plugin/prepared.hpp"
#include "plugin/scope.hpp"

/// What plugins know of an instance: that it is there.
struct ft_instance {};

namespace ferrotunnel::plugin {

/// What the operator says of an instance, besides the settings of its type.
struct InstanceOptions {
    std::string id;                                // for logs; empty: the type's name
    bool closed = false;                           // on failure nobody is let through; a guard's default
    bool observe = false;                          // it is run and counted, and changes nothing
    Scope scope{};                                 // where it runs
    std::optional<expression::Expression> when{};  // and when; nothing: always
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
    /// Null: it runs always.
    const expression::Expression* when() const noexcept { return options_.when ? &*options_.when : nullptr; }
    /// Fields of requests that it writes, and that no visitor may send.
    const std::vector<std::string>& identity() const noexcept { return identity_; }
    void* object() const noexcept { return object_; }
    /// Whether its hooks have blocked workers too often, so that its failure policy answers in their place. Any thread.
    bool is_off() const noexcept { return off_.load(std::memory_order_relaxed); }

    /// Counts. Any thread.
    void count(Count what) const noexcept { counts_.add(what); }
    void count_time(HookKind hook, Duration took) const noexcept { counts_.add_time(hook, took); }
    const InstanceCounts& counts() const noexcept { return counts_; }

    /// Counts a failure of a hook in a request with that id, and tells of it, where the log has room for such lines.
    /// Without a reason it is only counted. Any thread.
    void tell_failure(HookKind hook, std::string_view request, std::string_view why) const noexcept;
    /// Tells what an observing instance would have answered, or changed (the "request field" of that name, say).
    void tell_observed(std::string_view request, const hooks::Reply& reply) const noexcept;
    void tell_change(std::string_view request, std::string_view what, std::string_view name = {}) const noexcept;
    /// Tells that a hook has blocked its worker, and switches the instance off where that happens too often. Any
    /// thread.
    void tell_slow(std::string_view hook, const SlowHook& slow) const noexcept;
    /// The same for a visitor, login or registration from that address, which is in a session's phase of that name.
    void tell_failure(std::string_view phase, std::string_view address, std::string_view why) const noexcept;
    /// Tells what an observing instance would have refused there, and with what words; or changed.
    void tell_observed(std::string_view phase, std::string_view address, std::string_view words) const noexcept;
    void tell_change(std::string_view phase, std::string_view address, std::string_view what,
                     std::string_view name) const noexcept;
    /// Writes what the plugin says. Any thread.
    void log(std::int32_t level, std::string_view line) const noexcept;

private:
    friend class Instances;

    const Type type_;
    const InstanceOptions options_;
    Logger& log_;
    void* object_ = nullptr;
    std::vector<std::string> identity_;
    bool started_ = false;
    mutable InstanceCounts counts_;
    mutable SlowHooks slow_;
    mutable std::atomic<bool> off_{false};
    Instance* next_ = nullptr;  // among those that nobody holds any more
};

/// Runs a hook of an instance, counts its time, and tells when it has blocked the thread. What it throws goes no
/// further: no exception may leave a plugin. `watch` is the calling thread's; `follows` as for HookWatch::begin.
template <typename Hook>
void timed(HookWatch& watch, const Instance& asked, HookKind kind, Hook hook, bool follows = false) noexcept {
    watch.begin(follows);
    FailureReason::clear();
    try {
        hook();
    } catch (const std::exception& problem) {
        FailureReason::set("it has thrown: ");
        FailureReason::add(problem.what());
    } catch (...) {
        FailureReason::set("it has thrown what is not a std::exception");
    }
    const std::optional<SlowHook> slow = watch.end();
    asked.count_time(kind, watch.took());
    if (slow) {
        asked.tell_slow(name_of(kind), *slow);
    }
}

/// Makes instances, starts them, and buries them. One at a time: whichever thread does it is the control thread.
class Instances {
public:
    /// `log` outlives this object.
    explicit Instances(Logger& log) noexcept : log_(log) {}
    ~Instances() { finish(); }
    Instances(const Instances&) = delete;
    Instances& operator=(const Instances&) = delete;

    /// Makes an instance. `before`: the one that it takes the place of, or null. The problem is a sentence.
    Result<std::shared_ptr<Instance>, std::string> make(const Prepared& prepared, InstanceOptions options,
                                                        const Instance* before = nullptr);
    /// Starts an instance: the server runs from now on.
    void start(Instance& instance);
    /// Stops and destroys those that nobody holds any more.
    void bury();
    /// From now on a thread of this object's buries them as soon as nobody holds them. May throw std::system_error.
    void bury_on_own_thread();
    /// Waits until nobody holds an instance any more, and buries the last ones.
    void finish();
    /// Instances that were made and not buried.
    std::size_t living() const;

private:
    /// Where the last holder of an instance leaves it, on whichever thread.
    struct Graveyard {
        mutable Mutex mutex;
        ConditionVariable left;
        Instance* first GUARDED_BY(mutex) = nullptr;
        std::size_t living GUARDED_BY(mutex) = 0;
        bool closed GUARDED_BY(mutex) = false;  // the thread is to end
    };
    struct Control;

    static void destroy(Instance* instance) noexcept;
    void end_thread() noexcept;

    Logger& log_;
    const std::shared_ptr<Graveyard> graveyard_ = std::make_shared<Graveyard>();
    Mutex control_;  // held during every call of a plugin
    std::thread thread_;
};

}  // namespace ferrotunnel::plugin
