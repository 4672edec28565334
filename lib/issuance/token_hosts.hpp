// Hosts with the tokens whose clients offer them, in bounded shares.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ferrotunnel::issuance {

/// One thread. Bounded in all and for each token, so that one client cannot use up the places of all.
class TokenHosts {
public:
    struct Bounds {
        std::size_t hosts_max = 0;
        std::size_t per_token_max = 0;
    };
    using Tokens = std::map<std::string, std::string, std::less<>>;  // of hosts

    explicit TokenHosts(Bounds bounds) : bounds_(bounds) {}

    /// A host that is there moves to this token. False, and nothing changes, if the share of the token, or the whole,
    /// is full.
    bool add(const std::string& host, const std::string& token);
    void remove(std::string_view host);
    /// Whether another host of this token has a place in its share.
    bool has_room(std::string_view token) const;
    /// The token of a host; empty if the host is not here.
    std::string_view token_of(std::string_view host) const;

    bool contains(std::string_view host) const { return tokens_.contains(host); }
    bool empty() const noexcept { return tokens_.empty(); }
    std::size_t size() const noexcept { return tokens_.size(); }
    /// Removes all, and returns them.
    Tokens take();

private:
    void forget_one(const std::string& token);

    Bounds bounds_;
    Tokens tokens_;
    std::map<std::string, std::size_t, std::less<>> counts_;  // of hosts, by token
};

}  // namespace ferrotunnel::issuance
