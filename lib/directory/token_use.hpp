// Present use of each token by its clients, for the quotas of rights. A count is released by the destruction of its
// object.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/quota_count.hpp"
#include "directory/registry.hpp"
#include "login/rights.hpp"

namespace ferrotunnel::directory {

/// The quotas of a token for visitors.
enum class VisitorQuota : std::uint8_t { visitors, visitors_per_second };
constexpr std::string_view name_of(VisitorQuota quota) noexcept {
    return quota == VisitorQuota::visitors ? "visitors" : "visitors_per_second";
}

/// Thread-safe. Its counts may outlive it.
class TokenUse {
public:
    /// One counted thing, as long as this exists. Null: not counted.
    using Counted = std::shared_ptr<QuotaCount>;

    /// Counts a service of a client, once however many trunks carry it. Null if the token has reached its limit.
    /// `replaces`: it is about to replace another client, whose services do not count against its own.
    Counted count_service(const ClientId& client, std::uint32_t service, const login::Rights& rights,
                          bool replaces = false);

    /// Counts a visitor of the token. Null if a limit of present or new visitors is reached; then `reached`, if it is
    /// not null, is set to that limit.
    Counted count_visitor(const login::TokenId& token, const login::Rights& rights, TimePoint now,
                          VisitorQuota* reached = nullptr);

    /// What the other members of a cluster have of a token, as far as is known; nothing by default. It counts towards
    /// the quotas of later services and visitors.
    struct Elsewhere {
        std::size_t services = 0;  // of clients, beyond those that the same clients have here
        std::uint64_t visitors = 0;
    };
    void set_elsewhere(const login::TokenId& token, const Elsewhere& elsewhere);
    /// So many new visitors were admitted elsewhere just now: they count towards visitors_per_second.
    void admitted_elsewhere(const login::TokenId& token, std::uint64_t visitors, const login::Rights& rights,
                            TimePoint now);
    /// For how long visitors that were admitted elsewhere keep new ones out here, at most.
    static constexpr std::chrono::seconds debt_max{5};

    /// What this server has of a token.
    struct Own {
        std::map<wire::InstanceId, std::size_t> services{};  // of each client
        std::uint64_t visitors = 0;
        std::uint64_t admitted = 0;  // visitors, ever
    };
    Own own(const login::TokenId& token) const;

    /// Forgets tokens without visitors for which `is_known` is false.
    void forget_owners(const std::function<bool(const login::TokenId&)>& is_known);

    /// Here.
    std::size_t services(const login::TokenId& token) const;
    std::uint64_t visitors(const login::TokenId& token) const;
    Elsewhere elsewhere(const login::TokenId& token) const;
    /// Number of visitors of the token that this quota has rejected.
    std::uint64_t refused(const login::TokenId& token, VisitorQuota quota) const;

private:
    class ServiceCount;
    class VisitorCount;
    struct Visitors {
        std::uint64_t now = 0;
        std::uint64_t elsewhere = 0;  // likewise, at other members
        std::uint64_t admitted = 0;
        std::array<std::uint64_t, 2> refused{};  // by VisitorQuota
        TimePoint full_at{};                     // when a full burst may arrive again
    };
    struct State {
        Mutex mutex;
        std::map<std::pair<ClientId, std::uint32_t>, std::size_t> services
            GUARDED_BY(mutex);  // on how many trunks each is
        std::map<login::TokenId, std::size_t> services_of GUARDED_BY(mutex);
        std::map<login::TokenId, std::size_t> services_elsewhere GUARDED_BY(mutex);  // none without a cluster
        std::map<login::TokenId, Visitors> visitors GUARDED_BY(mutex);               // of tokens with a quota

        std::size_t services_beside(const login::TokenId& token) const REQUIRES(mutex);  // elsewhere
    };

    static std::optional<VisitorQuota> why_full(Visitors& visitors, const login::Rights& rights, TimePoint now);

    const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ferrotunnel::directory
