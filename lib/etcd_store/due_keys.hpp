// Keys that something is to be done about, each once, at its time. Sans-IO.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace ferrotunnel::etcd_store {

/// It holds keys and not what is to be done, so repeated changes of one key take no memory.
class DueKeys {
public:
    /// At this time, or at an earlier one that was set before.
    void add(const std::string& key, TimePoint when) {
        const auto [at, is_new] = times_.try_emplace(key, when);
        if (!is_new) {
            if (at->second <= when) {
                return;
            }
            order_.erase({at->second, key});
            at->second = when;
        }
        order_.emplace(when, key);
    }
    /// Removes and returns the first one whose time has come.
    std::optional<std::string> take(TimePoint now) {
        if (order_.empty() || order_.begin()->first > now) {
            return std::nullopt;
        }
        std::string key = std::move(order_.extract(order_.begin()).value().second);
        times_.erase(key);
        return key;
    }
    /// False: it was not there.
    bool remove(const std::string& key) {
        const auto at = times_.find(key);
        if (at == times_.end()) {
            return false;
        }
        order_.erase({at->second, key});
        times_.erase(at);
        return true;
    }
    bool contains(const std::string& key) const { return times_.contains(key); }
    TimePoint next_deadline() const noexcept { return order_.empty() ? never : order_.begin()->first; }
    std::size_t size() const noexcept { return times_.size(); }

private:
    std::map<std::string, TimePoint> times_;
    std::set<std::pair<TimePoint, std::string>> order_;
};

}  // namespace ferrotunnel::etcd_store
