// What the directory remembers about hosts whose client is away, and about hosts that it has assigned. For one thread
// at a time: the directory's lock protects them.
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

/// The names (a host with a path) that stay known without a client. When there are too many, the token that has most
/// loses its oldest one; if several have as many, it is the newcomer's token that loses one. So nobody drives out
/// another token's names by registering ever new ones.
class AwayHosts {
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
    /// Removes an entry; does nothing if it is not there.
    void remove(const Entry& entry);

    /// Takes out one entry that has been away since `then` or longer.
    std::optional<Entry> take_since(TimePoint then);
    /// Takes out one entry of which `is_it(entry)` is true.
    template <typename Is>
    std::optional<Entry> take_if(const Is& is_it) {
        const auto found = std::find_if(entries_.begin(), entries_.end(), is_it);
        return found != entries_.end() ? std::optional(take(*found)) : std::nullopt;
    }
    /// Takes out one entry if there are more than `most`; `comer` is the token that has added some.
    std::optional<Entry> take_surplus(std::size_t most, const login::TokenId& comer);

private:
    struct Older {
        bool operator()(const Entry* left, const Entry* right) const { return *left < *right; }
    };
    using OfOwner = std::set<const Entry*, Older>;  // points into entries_

    void count_changes(const login::TokenId& owner, std::size_t from, std::size_t to);
    Entry take(const Entry& entry);

    std::set<Entry> entries_;
    std::map<login::TokenId, OfOwner> owners_;
    std::set<std::pair<std::size_t, login::TokenId>> counts_;  // the last one has most
};

/// Which host the server has assigned to a token's service.
class AssignedHosts {
public:
    void remember(const login::TokenId& token, const std::string& service, const std::string& host);
    void forget(const std::string& host);
    /// The host of a service; null if it has none.
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
