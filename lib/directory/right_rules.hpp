// Whose a host or a port is by right, whoever comes first. Immutable: any number of threads may use it, and whoever
// changes rights makes another one.
//
//   which right names the host most specifically, of all tokens' rights?
//       that of this token              it may have the host
//       that of others                  refused
//       none, and it has rights         refused: it may have only what they name
//       none, and it has none           it may have the host, unless that is a pattern around others' rights, around
//                                       the hosts that the server assigns, or `*`
//
// With ports it is the same: the narrowest range decides. Two tokens may have the same right: then the first gets it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "directory/host_order.hpp"
#include "directory/refusal.hpp"
#include "login/handshake_server.hpp"
#include "login/rights.hpp"
#include "login/token.hpp"

namespace ferrotunnel::directory {

class RightRules {
public:
    /// Nobody has rights, and there is one token.
    RightRules() = default;
    /// `domain`: below which hosts are assigned, in normal form; empty: none are.
    explicit RightRules(const std::vector<login::AcceptedToken>& tokens, std::string_view domain = {});

    /// Whether there is such a token. Rules that were made without tokens know all.
    bool knows(const login::TokenId& token) const noexcept;
    /// The rights of a token; of one that has none, those that allow everything.
    const login::Rights& of(const login::TokenId& token) const noexcept;

    /// Why the token may not have this host or pattern, whoever has it now.
    std::optional<Refusal> refuse_host(const login::TokenId& token, std::string_view pattern) const;
    /// Whether the token has a right of its own that names the host.
    bool names_host(const login::TokenId& token, std::string_view pattern) const noexcept;
    /// Whether visitors of this host may go to the token, which has it by a pattern around it.
    bool may_see(const login::TokenId& token, std::string_view host) const noexcept;

    /// Why the token may not have this port. `every_token`: what tokens without a right may have.
    std::optional<Refusal> refuse_port(const login::TokenId& token, std::uint16_t port,
                                       const login::PortPolicy& every_token) const;
    /// The ports to try, in this order, for a service of the token that leaves the choice to the server; 0: any that
    /// the system chooses. Some of them may turn out to be others'.
    std::vector<std::uint16_t> port_candidates(const login::TokenId& token, const login::PortPolicy& every_token,
                                               Random& random) const;

    std::optional<Refusal> refuse_kind(const login::TokenId& token, wire::ServiceKind kind) const;

    /// Calls `action(token, expires)` for each token that expires.
    template <typename Action>
    void for_each_expiry(Action action) const {
        for (const auto& [token, rights] : rights_) {
            if (rights->expires) {
                action(token, *rights->expires);
            }
        }
    }

private:
    using Holders = std::vector<login::TokenId>;  // a few
    struct PortEntry {
        login::PortRange range;
        login::TokenId owner{};
    };

    void add_host(const std::string& pattern, const login::TokenId& token);
    const Holders* holders_of(const HostPlace& place) const noexcept;
    const Holders* deciding(std::string_view pattern) const noexcept;
    bool is_around_others(std::string_view pattern) const noexcept;
    const login::PortPolicy& policy_of(const login::TokenId& token, const login::PortPolicy& every_token) const;

    std::vector<login::TokenId> tokens_;                                     // in their order
    std::map<login::TokenId, std::shared_ptr<const login::Rights>> rights_;  // of tokens that have some
    std::map<std::string, Holders, std::less<>> hosts_[3];                   // by HostForm
    Holders any_host_;
    std::vector<std::string> patterns_;  // all
    std::vector<PortEntry> ports_;
    std::string assigned_;  // the pattern of the hosts that the server assigns; empty: none
    bool several_ = false;  // tokens
};

}  // namespace ferrotunnel::directory
