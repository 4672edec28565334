#include "hooks/login_table.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

namespace ferrotunnel::plugins {

std::string LoginTable::key_of(const plugin::Login& login) {
    std::string key;
    const auto add = [&key](std::string_view part) {
        key += std::to_string(part.size());
        key += ':';
        key += part;
    };
    for (const std::string_view part :
         {login.token(), login.client(), login.client_name(), login.address(), login.agent()}) {
        add(part);
    }
    key += std::to_string(login.connections()) + ":" + std::to_string(login.version()) + ';';
    for (const auto& [name, value] : login.client_metadata()) {
        add(name);
        add(value);
    }
    return key;
}

// With the lock held. All are remembered for the same time, so the oldest is first.
void LoginTable::forget_old(Time now) {
    while (!accepted_.empty()) {
        const auto oldest = entries_.find(accepted_.front());
        if (oldest != entries_.end() && now < oldest->second.until && entries_.size() < entries_max) {
            return;
        }
        if (oldest != entries_.end()) {
            entries_.erase(oldest);
        }
        accepted_.pop_front();
    }
}

std::optional<EndpointDecision> LoginTable::known(const std::string& key, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    const bool is_known = found != entries_.end() && found->second.accepted && now < found->second.until;
    return is_known ? found->second.accepted : std::nullopt;
}

LoginTable::JoinResult LoginTable::join(const std::string& key, Handle& handle, Time now) {
    if (window_.count() == 0) {
        return JoinResult::alone;
    }
    const std::lock_guard lock(mutex_);
    forget_old(now);
    const auto found = entries_.find(key);
    const bool is_full = found == entries_.end() && entries_.size() >= entries_max;
    if (is_full || (found != entries_.end() && found->second.accepted)) {
        return JoinResult::alone;  // or it was accepted just now, and is known
    }
    Entry& entry = found != entries_.end() ? found->second : entries_[key];
    if (entry.waiting.empty()) {
        entry.until = now + window_;
    } else if (now >= entry.until) {
        return JoinResult::alone;  // an answer that is so late may never arrive
    }
    entry.waiting.push_back(std::move(handle));
    return entry.waiting.size() == 1 ? JoinResult::first : JoinResult::joined;
}

std::vector<LoginTable::Handle> LoginTable::finish(const std::string& key, const EndpointDecision& decision, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return {};
    }
    std::vector<Handle> waiting = std::move(found->second.waiting);
    if (decision.fault.empty() && decision.accepts) {
        found->second.waiting.clear();
        found->second.accepted = decision;
        found->second.until = now + window_;
        accepted_.push_back(key);
    } else {
        entries_.erase(found);
    }
    return waiting;
}

}  // namespace ferrotunnel::plugins
