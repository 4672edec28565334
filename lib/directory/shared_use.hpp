// Counts of tokens' quotas across the members of a cluster: each member publishes what it has of each token with a
// quota, and adds what it hears from the others.
//
//   TokenUse, Registry --tick, each second--> value use/MEMBER/TOKEN --> other members
//   TokenUse, Registry <--sum for each token-- SharedUse <--watch------ other members
//
// So a quota may be exceeded by what other members have admitted since their last value: about a second, or as long
// as they are not linked. A value ends by itself, with the link of its member.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "directory/cluster_values.hpp"
#include "directory/registry.hpp"
#include "directory/token_use.hpp"

namespace ferrotunnel::directory {

/// What one member has of one token, as text: "VISITORS CONNECTIONS ADMITTED MORE CLIENT:SERVICES ...", of which MORE
/// is the number of services of clients beyond the listed ones.
struct TokenCounts {
    /// Clients that are listed, so that a client at two members counts once: a value has at most 12 KiB.
    static constexpr std::size_t clients_max = 400;

    std::uint64_t visitors = 0;
    std::uint64_t connections = 0;
    std::uint64_t admitted = 0;  // visitors, since the member has started
    std::uint64_t more_services = 0;
    std::map<std::string, std::uint64_t> services{};  // of each client, by the first 16 digits of its instance

    bool is_unused() const noexcept {
        return visitors == 0 && connections == 0 && more_services == 0 && services.empty();
    }
    std::string text() const;
    /// Empty if the text is not of this form.
    static std::optional<TokenCounts> read(std::string_view text);

    friend bool operator==(const TokenCounts&, const TokenCounts&) = default;
};

/// Used on the first worker only, except for its creation.
class SharedUse : public std::enable_shared_from_this<SharedUse> {
public:
    static constexpr std::chrono::seconds interval{1};
    /// Values end after this time, so that those of a member that was lost do not keep visitors out.
    static constexpr std::chrono::seconds lifetime{5};
    /// How often one that has not changed is published again.
    static constexpr std::chrono::seconds renewal{2};

    /// Members whose counts of one token are kept: as many as a cluster may have others. One whose value has ended is
    /// kept only while it is linked.
    static constexpr std::size_t members_max = 63;

    struct Needs {
        ClusterValues& values;
        TokenUse& use;
        Registry& registry;
        std::function<TimePoint()> now;
    };
    explicit SharedUse(Needs needs);
    SharedUse(const SharedUse&) = delete;
    SharedUse& operator=(const SharedUse&) = delete;

    /// From now on knows what the others publish: before links exist.
    void watch();
    /// To be called once each `interval`.
    void tick();

private:
    struct Published {
        TokenCounts counts;
        TimePoint at{};
    };
    struct Told {
        std::optional<TokenCounts> counts{};  // empty: the value has ended
        std::uint64_t admitted = 0;           // of its last value
    };

    void publish(const login::TokenId& token, TimePoint now);
    void told(const std::string& key, const std::optional<ClusterValue>& value);
    void add_up(const login::TokenId& token);
    static void forget_ended(std::map<std::string, Told>& members, const std::vector<std::string>& linked);

    const Needs needs_;
    const std::string own_prefix_;
    std::map<login::TokenId, Published> published_;
    std::map<login::TokenId, std::map<std::string, Told>> told_;  // by member
};

}  // namespace ferrotunnel::directory
