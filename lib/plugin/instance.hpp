// An instance of a plugin, and who keeps it: snapshots, runs and tickets hold it, and when none does it is stopped and
// destroyed on the control thread, whichever thread had it last.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/result.hpp"
#include "hooks/http_run.hpp"
#include "plugin/prepared.hpp"

/// What plugins know of an instance: that it is there.
struct ft_instance {};

namespace ferrotunnel::plugin {

/// What the operator says of an instance, besides the settings of its type.
struct InstanceOptions {
    std::string id;        // for logs; empty: the type's name
    bool closed = false;   // on failure nobody is let through; a guard's default
    bool observe = false;  // it is run and counted, and changes nothing
};

class Instance : public ft_instance {
public:
    Instance(Type type, InstanceOptions options, Logger& log);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const ft_type& calls() const noexcept { return type_.calls; }
    const std::string& id() const noexcept { return options_.id; }
    bool fails_closed() const noexcept { return options_.closed; }
    bool observes() const noexcept { return options_.observe; }
    void* object() const noexcept { return object_; }

    /// The server runs from now on. On the control thread.
    void start() {
        started_ = true;
        if (type_.calls.start != nullptr) {
            type_.calls.start(object_);
        }
    }
    /// Tells of a failure in a request with that id, where the log has room for such lines. Any thread.
    void tell_failure(std::string_view request, std::string_view why) const noexcept;
    /// Tells what an observing instance would have answered, likewise.
    void tell_observed(std::string_view request, const hooks::Reply& reply) const noexcept;
    /// Writes what the plugin says. Any thread.
    void log(std::int32_t level, std::string_view line) const noexcept;

private:
    friend class Instances;

    const Type type_;
    const InstanceOptions options_;
    Logger& log_;
    void* object_ = nullptr;
    bool started_ = false;
    Instance* next_ = nullptr;  // among those that nobody holds any more
};

/// Makes instances, and buries them. On one thread at a time, the control thread.
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
    /// Stops and destroys those that nobody holds any more.
    void bury();
    /// Waits until nobody holds an instance any more, and buries the last ones.
    void finish();
    /// Instances that were made and not buried.
    std::size_t living() const;

private:
    /// Where the last holder of an instance leaves it, on whichever thread.
    struct Graveyard {
        mutable std::mutex mutex;
        std::condition_variable left;
        Instance* first = nullptr;
        std::size_t living = 0;
    };

    static void destroy(Instance* instance) noexcept;

    Logger& log_;
    const std::shared_ptr<Graveyard> graveyard_ = std::make_shared<Graveyard>();
};

}  // namespace ferrotunnel::plugin
