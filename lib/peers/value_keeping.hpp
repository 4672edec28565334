// The shared values' place in etcd, where there is one: from the member's values to the keeper's worker, and back.
//
//   ValueStore --watch: changed keys--> first worker: etcd_store::ValueKeeper --heard--> RegisterDriver
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "etcd_store/value_keeper.hpp"
#include "peers/name_store.hpp"
#include "peers/register_driver.hpp"
#include "peers/value_store.hpp"
#include "runtime/worker.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::peers {

/// For status.
struct ValueState {
    std::string problem;  // why etcd does not keep values; empty: it does
    TimePoint since{};    // since when it does, or does not
    etcd_store::ValueCounts counts{};
};

/// Held by a shared_ptr.
class ValueKeeping final : public std::enable_shared_from_this<ValueKeeping> {
public:
    struct Needs {
        runtime::Worker& worker;  // the first one, on which values are watched
        std::shared_ptr<RegisterDriver> names;
        std::shared_ptr<ValueStore> values;
        Random& random;
        Logger& log;
        /// Called on the worker, once: what etcd has is known here.
        std::function<void()> was_read{};
    };
    ValueKeeping(StorePlace place, std::shared_ptr<const transport::ClusterKeys> keys, Needs needs);

    /// Any thread.
    void start();
    /// When no worker runs any more, or on the keeper's.
    void stop() noexcept;
    /// Values are sealed by the first of these from now on. Any thread.
    void set_keys(std::shared_ptr<const transport::ClusterKeys> keys);
    /// Calls `stored`, on the worker, when etcd has what the key has now; never, if it gets none of it. Any thread.
    void when_stored(const std::string& key, std::function<void()> stored);
    /// Thread-safe.
    ValueState state() const;

private:
    using Task = std::function<void(etcd_store::ValueKeeper&)>;

    void run(Task task);
    void make_keeper();
    void report(const std::string& problem);

    const Needs needs_;
    const StorePlace place_;
    std::shared_ptr<const transport::ClusterKeys> keys_;  // of the worker
    bool is_stopped_ = false;
    std::unique_ptr<etcd_store::ValueKeeper> keeper_;  // made on the worker
    bool was_read_ = false;
    mutable Mutex mutex_;
    ValueState state_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
