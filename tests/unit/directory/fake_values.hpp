// Shared values of some members that are linked without delay, and by a clock of the test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "directory/cluster_values.hpp"

namespace ferrotunnel::directory::test {

/// What all members have, and who is linked.
struct FakeCluster {
    struct Entry {
        ClusterValue value;
        TimePoint ends = never;
    };

    void changed(const std::string& key) {
        const auto found = entries.find(key);
        const std::optional<ClusterValue> value =
            found != entries.end() ? std::optional(found->second.value) : std::nullopt;
        for (const auto& [prefix, watcher] : std::vector(watchers)) {
            if (key.starts_with(prefix)) {
                watcher(key, value);
            }
        }
    }
    void advance(Duration time) {
        now += time;
        for (auto at = entries.begin(); at != entries.end();) {
            if (at->second.ends > now) {
                ++at;
                continue;
            }
            const std::string key = at->first;
            entries.erase(at);
            changed(key);
            at = entries.begin();
        }
    }

    TimePoint now{std::chrono::hours(1)};
    std::map<std::string, Entry> entries{};
    std::vector<std::pair<std::string, ClusterValues::Watcher>> watchers{};
    std::vector<std::string> linked{};  // all members that are there
};

/// The values as one member has them.
class FakeValues final : public ClusterValues {
public:
    FakeValues(FakeCluster& cluster, std::string own) : cluster_(cluster), own_(std::move(own)) {
        cluster_.linked.push_back(own_);
    }

    bool set(const std::string& key, std::string text, Duration lifetime) override {
        if (key.size() > 300 || text.size() > 12 * 1024) {
            return false;
        }
        ++sets;
        cluster_.entries[key] = {{std::move(text), own_, lifetime},
                                 lifetime > Duration::zero() ? cluster_.now + lifetime : never};
        cluster_.changed(key);
        return true;
    }
    bool remove(const std::string& key) override {
        cluster_.entries.erase(key);
        cluster_.changed(key);
        return true;
    }
    std::optional<ClusterValue> get(const std::string& key) const override {
        const auto found = cluster_.entries.find(key);
        return found != cluster_.entries.end() ? std::optional(found->second.value) : std::nullopt;
    }
    std::vector<std::pair<std::string, ClusterValue>> all(const std::string& prefix) const override {
        std::vector<std::pair<std::string, ClusterValue>> all;
        for (const auto& [key, entry] : cluster_.entries) {
            if (key.starts_with(prefix)) {
                all.emplace_back(key, entry.value);
            }
        }
        return all;
    }
    void watch(std::string prefix, Watcher watcher) override {
        for (const auto& [key, value] : all(prefix)) {
            watcher(key, value);
        }
        cluster_.watchers.emplace_back(std::move(prefix), std::move(watcher));
    }
    std::string own_member() const override { return own_; }
    std::vector<std::string> linked_members() const override {
        std::vector<std::string> others;
        for (const std::string& one : cluster_.linked) {
            if (one != own_) {
                others.push_back(one);
            }
        }
        return others;
    }

    int sets = 0;

private:
    FakeCluster& cluster_;
    const std::string own_;
};

}  // namespace ferrotunnel::directory::test
