// What the clients of each token use at the moment, for the quotas of rights. Counts are given back by the destruction
// of what stands for them, however it comes to that.
#pragma once

#include <array>
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

/// The quotas of a token that keep visitors out.
enum class VisitorQuota : std::uint8_t { visitors, visitors_per_second };
constexpr std::string_view name_of(VisitorQuota quota) noexcept {
    return quota == VisitorQuota::visitors ? "visitors" : "visitors_per_second";
}

/// Any thread. What it has counted may outlive it.
class TokenUse {
public:
    /// One thing that is counted for as long as this is kept; null: it is not.
    using Counted = std::shared_ptr<QuotaCount>;

    /// Counts a service of a client, once however many trunks carry it. Null: the token has as many as it may.
    /// `replaces`: it is about to take another client's place, whose services do not count against its own.
    Counted count_service(const ClientId& client, std::uint32_t service, const login::Rights& rights,
                          bool replaces = false);

    /// Counts a visitor of the token. Null: there are as many, or as many new ones, as there may be; then `reached`, if
    /// it is not null, is told which.
    Counted count_visitor(const login::TokenId& token, const login::Rights& rights, TimePoint now,
                          VisitorQuota* reached = nullptr);

    /// Forgets tokens without visitors of which `is_known` is false.
    void forget_owners(const std::function<bool(const login::TokenId&)>& is_known);

    std::size_t services(const login::TokenId& token) const;
    std::uint64_t visitors(const login::TokenId& token) const;
    /// How many visitors of the token that quota has kept out.
    std::uint64_t refused(const login::TokenId& token, VisitorQuota quota) const;

private:
    class ServiceCount;
    class VisitorCount;
    struct Visitors {
        std::uint64_t now = 0;
        std::array<std::uint64_t, 2> refused{};  // by VisitorQuota
        TimePoint full_at{};                     // when as many as at first may come at once again
    };
    struct State {
        Mutex mutex;
        std::map<std::pair<ClientId, std::uint32_t>, std::size_t> services
            GUARDED_BY(mutex);  // on how many trunks each is
        std::map<login::TokenId, std::size_t> services_of GUARDED_BY(mutex);
        std::map<login::TokenId, Visitors> visitors GUARDED_BY(mutex);  // of tokens with a quota
    };

    static std::optional<VisitorQuota> why_full(Visitors& visitors, const login::Rights& rights, TimePoint now);

    const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ferrotunnel::directory
