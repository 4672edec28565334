// Shared values of some members that are linked without delay, by a clock of the test.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory/cluster_values.hpp"

namespace ferrotunnel::directory::test {

/// What all members have, and who is linked. Thread-safe; watchers are called by the thread that changes something.
class FakeCluster {
public:
    struct Entry {
        ClusterValue value;
        TimePoint ends = never;
    };

    TimePoint now() const {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    void advance(Duration time) {
        std::vector<std::string> ended;
        {
            const std::lock_guard lock(mutex_);
            now_ += time;
            for (const auto& [key, entry] : entries_) {
                if (entry.ends <= now_) {
                    ended.push_back(key);
                }
            }
        }
        for (const std::string& key : ended) {
            change(key, std::nullopt);
        }
    }
    /// No value: removed.
    void change(const std::string& key, std::optional<ClusterValue> value) {
        std::vector<ClusterValues::Watcher> called;
        {
            const std::lock_guard lock(mutex_);
            if (value) {
                entries_[key] = {*value, value->left > Duration::zero() ? now_ + value->left : never};
            } else {
                entries_.erase(key);
            }
            for (const auto& [prefix, watcher] : watchers_) {
                if (key.starts_with(prefix)) {
                    called.push_back(watcher);
                }
            }
        }
        for (const ClusterValues::Watcher& watcher : called) {
            watcher(key, value);
        }
    }
    std::vector<std::pair<std::string, ClusterValue>> all(const std::string& prefix) const {
        std::vector<std::pair<std::string, ClusterValue>> found;
        const std::lock_guard lock(mutex_);
        for (const auto& [key, entry] : entries_) {
            if (key.starts_with(prefix)) {
                found.emplace_back(key, entry.value);
                found.back().second.left = entry.ends == never ? Duration::zero() : entry.ends - now_;
            }
        }
        return found;
    }
    void watch(std::string prefix, ClusterValues::Watcher watcher) {
        const std::lock_guard lock(mutex_);
        watchers_.emplace_back(std::move(prefix), std::move(watcher));
    }
    void join(const std::string& member) {
        const std::lock_guard lock(mutex_);
        members_.push_back(member);
    }
    void leave(const std::string& member) {
        const std::lock_guard lock(mutex_);
        std::erase(members_, member);
    }
    std::vector<std::string> members_but(const std::string& own) const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> others = members_;
        std::erase(others, own);
        return others;
    }

private:
    mutable std::mutex mutex_;
    TimePoint now_{std::chrono::hours(1)};
    std::map<std::string, Entry> entries_{};
    std::vector<std::pair<std::string, ClusterValues::Watcher>> watchers_{};
    std::vector<std::string> members_{};
};

/// The values as one member has them.
class FakeValues final : public ClusterValues {
public:
    FakeValues(FakeCluster& cluster, std::string own) : cluster_(cluster), own_(std::move(own)) { cluster_.join(own_); }

    bool set(const std::string& key, std::string text, Duration lifetime) override {
        constexpr std::size_t key_max = 300;
        constexpr std::size_t text_max = 12 * 1'024;
        if (is_full || key.size() > key_max || text.size() > text_max) {
            return false;
        }
        ++sets;
        cluster_.change(key, ClusterValue{std::move(text), own_, lifetime});
        return true;
    }
    bool remove(const std::string& key) override {
        if (is_full) {
            return false;
        }
        cluster_.change(key, std::nullopt);
        return true;
    }
    std::optional<ClusterValue> get(const std::string& key) const override {
        for (auto& [found, value] : cluster_.all(key)) {
            if (found == key) {
                return std::move(value);
            }
        }
        return std::nullopt;
    }
    std::vector<std::pair<std::string, ClusterValue>> all(const std::string& prefix) const override {
        return cluster_.all(prefix);
    }
    void watch(std::string prefix, Watcher watcher) override {
        for (const auto& [key, value] : cluster_.all(prefix)) {
            watcher(key, value);
        }
        cluster_.watch(std::move(prefix), std::move(watcher));
    }
    std::string own_member() const override { return own_; }
    std::vector<std::string> linked_members() const override { return cluster_.members_but(own_); }

    std::atomic<int> sets = 0;
    std::atomic<bool> is_full = false;  // this member may set no more

private:
    FakeCluster& cluster_;
    const std::string own_;
};

}  // namespace ferrotunnel::directory::test
