// Rights of tokens to hosts and ports, whichever client registers first. Immutable: any number of threads may use it,
// and a change of rights makes a new one.
//
//   which right names the host most specifically, of all tokens' rights?
//       that of this token              it may have the host
//       that of others                  refused
//       none, and it has rights         refused: it may have only what they name
//       none, and it has none           it may have the host, unless that is a pattern around others' rights, around
//                                       the hosts that the server assigns, or `*`
//
// For ports it is the same: the narrowest range decides. If two tokens have the same right, the first to claim gets it.
//
// Tokens that are in no table (ExternalTokens) come and go: their rights are looked up there at each call. They permit,
// and reserve nothing from others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "directory/host_order.hpp"
#include "directory/refusal.hpp"
#include "login/external_tokens.hpp"
#include "login/handshake_server.hpp"
#include "login/rights.hpp"
#include "login/token.hpp"

namespace ferrotunnel::directory {

/// Rights of a token. Those of a token of the table live as long as the rules, others as long as this.
class RightsRef {
public:
    explicit RightsRef(const login::Rights& of_table) noexcept : rights_(&of_table) {}
    explicit RightsRef(std::shared_ptr<const login::Rights> external) noexcept
        : external_(std::move(external)), rights_(external_.get()) {}

    const login::Rights& operator*() const noexcept { return *rights_; }
    const login::Rights* operator->() const noexcept { return rights_; }
    bool is_external() const noexcept { return external_ != nullptr; }

private:
    std::shared_ptr<const login::Rights> external_{};
    const login::Rights* rights_;
};

class RightRules {
public:
    /// There are no rights, and one token.
    RightRules() = default;
    /// `domain`: parent domain of assigned hosts, in normal form; empty if none are assigned. `external`: tokens beside
    /// those; null: there are none.
    explicit RightRules(const std::vector<login::AcceptedToken>& tokens, std::string_view domain = {},
                        std::shared_ptr<const login::ExternalTokens> external = nullptr);

    /// Whether the token exists. Rules that were made without tokens accept all, unless there may be external ones.
    bool has_token(const login::TokenId& token) const;
    /// The rights of a token; without any, rights that allow everything.
    RightsRef of(const login::TokenId& token) const;

    /// Why the token may not have this host or pattern, whichever client has it now.
    std::optional<Refusal> refuse_host(const login::TokenId& token, std::string_view pattern) const;
    /// Whether the token has a right of its own that names the host.
    bool names_host(const login::TokenId& token, std::string_view pattern) const;
    /// Whether visitors of this host may reach the token, which has it by a pattern around it.
    bool may_see(const login::TokenId& token, std::string_view host) const;

    /// Why the token may not have this port. `every_token`: the ports of tokens without a right.
    std::optional<Refusal> refuse_port(const login::TokenId& token, std::uint16_t port,
                                       const login::PortPolicy& every_token) const;
    /// The ports to try, in this order, for a service of the token that leaves the choice to the server; 0: the system
    /// chooses. Some of them may turn out to belong to others.
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
        for_each_external([&](const login::TokenId& token, const login::Rights& rights) {
            if (rights.expires) {
                action(token, *rights.expires);
            }
        });
    }

    /// Calls `action(token, rights)` for each token whose clients are limited in number: of connections, services or
    /// visitors.
    template <typename Action>
    void for_each_quota(Action action) const {
        for (const auto& [token, rights] : rights_) {
            if (has_quota(*rights)) {
                action(token, *rights);
            }
        }
        for_each_external([&](const login::TokenId& token, const login::Rights& rights) {
            if (has_quota(rights)) {
                action(token, rights);
            }
        });
    }

private:
    using Holders = std::vector<login::TokenId>;  // a few
    struct PortEntry {
        login::PortRange range;
        login::TokenId owner{};
    };

    /// Whose right names a host most specifically.
    enum class Whose : std::uint8_t { nobody, own, others };

    static bool has_quota(const login::Rights& rights) noexcept {
        return rights.connections || rights.services || rights.counts_visitors();
    }
    /// The external tokens that sessions have, with their rights.
    template <typename Action>
    void for_each_external(Action action) const {
        if (external_ == nullptr || external_->is_empty()) {
            return;
        }
        for (const auto& token : external_->all_used()) {
            if (token->rights && !is_in_table(token->id())) {
                action(token->id(), *token->rights);
            }
        }
    }
    bool is_in_table(const login::TokenId& token) const noexcept;
    void add_host(const std::string& pattern, const login::TokenId& token);
    const Holders* holders_of(const HostPatternKey& place) const noexcept;
    Whose whose(const login::TokenId& token, const RightsRef& rights, std::string_view pattern) const;
    bool is_around_others(std::string_view pattern) const noexcept;

    std::vector<login::TokenId> tokens_;                                     // in their order
    std::map<login::TokenId, std::shared_ptr<const login::Rights>> rights_;  // of tokens that have some
    std::map<std::string, Holders, std::less<>> hosts_[3];                   // by HostForm
    Holders any_host_;
    std::vector<std::string> patterns_;  // all patterns
    std::vector<PortEntry> ports_;
    std::string assigned_;  // the pattern of assigned hosts; empty: none
    bool several_ = false;  // there are several tokens
    std::shared_ptr<const login::ExternalTokens> external_;
};

}  // namespace ferrotunnel::directory
