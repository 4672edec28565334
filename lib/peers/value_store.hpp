// Shared values as the server's parts see them: set, read, watched.
//
//   set(), remove() --> RegisterDriver --changed keys--> ValueStore --step(): a batch--> watchers
//
// What a watcher is told is the present value, so several changes of one key may be one.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "directory/cluster_values.hpp"
#include "peers/register_driver.hpp"

namespace ferrotunnel::peers {

class ValueStore final : public directory::ClusterValues, public ValueEvents {
public:
    /// `wake`: step() is to be called; any thread.
    ValueStore(std::shared_ptr<RegisterDriver> names, std::function<void()> wake)
        : names_(std::move(names)), wake_(std::move(wake)) {}

    // ClusterValues.
    bool set(const std::string& key, std::string text, Duration lifetime) override;
    bool remove(const std::string& key) override;
    std::optional<directory::ClusterValue> get(const std::string& key) const override;
    std::vector<std::pair<std::string, directory::ClusterValue>> all(const std::string& prefix) const override;
    void watch(std::string prefix, Watcher watcher) override;
    std::string own_member() const override;
    std::vector<std::string> linked_members() const override;

    // ValueEvents.
    void on_value_changed(const std::string& key) override;

    /// On one thread: calls watchers for some changes. True if it is to be called again.
    bool step();

private:
    struct Watched {
        std::string prefix;
        Watcher watcher;
        std::set<std::string> changed;
    };
    using Change = std::pair<Watched*, std::string>;

    std::vector<Change> take();

    const std::shared_ptr<RegisterDriver> names_;
    const std::function<void()> wake_;
    mutable Mutex mutex_;
    std::vector<std::unique_ptr<Watched>> watched_ GUARDED_BY(mutex_);  // only grows
};

}  // namespace ferrotunnel::peers
