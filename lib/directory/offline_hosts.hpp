// The directory's memory of hosts whose client is offline, and of assigned hosts. For one thread at a time: the
// directory's lock protects it.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "directory/registry.hpp"

namespace ferrotunnel::directory {

/// Names (a host with a path) that stay known without a client. If there are too many, the token that has most loses
/// its oldest one; if several have equally many, the new one's token loses one. So registering ever new names cannot
/// evict another token's names.
class OfflineHosts {
public:
    struct Entry {
        TimePoint since{};
        login::TokenId owner{};
        std::string host;
        std::string path;  // as text

        friend auto operator<=>(const Entry&, const Entry&) = default;
    };

    std::size_t size() const noexcept { return entries_.size(); }

    void add(Entry entry);
    /// Removes an entry. Does nothing if it is not there.
    void remove(const Entry& entry);

    /// Removes and returns an entry that has been offline since `then` or longer.
    std::optional<Entry> take_since(TimePoint then);
    /// Removes and returns an entry for which `is_it(entry)` is true.
    template <typename Is>
    std::optional<Entry> take_if(const Is& is_it) {
        const auto found = std::find_if(entries_.begin(), entries_.end(), is_it);
        return found != entries_.end() ? std::optional(take(*found)) : std::nullopt;
    }
    /// Removes and returns an entry if there are more than `most`; `comer` is the token that has added some.
    std::optional<Entry> evict_surplus(std::size_t most, const login::TokenId& comer);

private:
    struct Older {
        bool operator()(const Entry* left, const Entry* right) const { return *left < *right; }
    };
    using OfOwner = std::set<const Entry*, Older>;  // points into entries_

    void count_changes(const login::TokenId& owner, std::size_t from, std::size_t to);
    Entry take(const Entry& entry);

    std::set<Entry> entries_;
    std::map<login::TokenId, OfOwner> owners_;
    std::set<std::pair<std::size_t, login::TokenId>> counts_;  // ordered by count; the last one has most
};

/// The host that the server has assigned to a token's service.
class AssignedHosts {
public:
    void remember(const login::TokenId& token, const std::string& service, const std::string& host);
    void forget(const std::string& host);
    /// The host of a service. Null if it has none.
    const std::string* find(const login::TokenId& token, const std::string& service) const;
    /// Calls `action(token, service, host)` for each assigned host.
    template <typename Action>
    void for_each(Action action) const {
        for (const auto& [key, host] : hosts_) {
            action(key.first, key.second, host);
        }
    }

private:
    using Key = std::pair<login::TokenId, std::string>;

    std::map<Key, std::string> hosts_;
    std::map<std::string, Key> services_;  // by host
};

}  // namespace ferrotunnel::directory
