// Hosts that only other members of a cluster have, and only as a whole (the path "/"): one leaf of the directory's tree
// of hosts. A member knows 100,000 of them, so each takes 48 bytes instead of an HttpRoutes::Host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/inline_text.hpp"
#include "base/intrusive_ptr.hpp"
#include "login/token.hpp"

namespace ferrotunnel::directory {

class HttpService;

/// Where visitors of a host go. Immutable; hosts that got the same one in one change share it, and hosts of one leaf.
struct RemoteTarget final : RefCounted {
    RemoteTarget(std::shared_ptr<HttpService> service_in, TimePoint offline_since_in) noexcept
        : service(std::move(service_in)), offline_since(service ? TimePoint{} : offline_since_in) {}

    bool is(const std::shared_ptr<HttpService>& to, TimePoint since) const noexcept {
        return service == to && (to != nullptr || offline_since == since);
    }

    const std::shared_ptr<HttpService> service;  // null: no member that can be reached has the host
    const TimePoint offline_since;               // then: since when
};

/// A value: a copy shares the targets. Not thread-safe while it changes.
class RemoteLeaf {
public:
    using Text = InlineText<31>;  // a host of 30 bytes needs no block of the heap
    struct Host {
        IntrusivePtr<const RemoteTarget> target;
        login::TokenId owner{};
        std::uint8_t tag = 0;  // of the hash: names are compared if it is equal
        Text name;
    };
    static_assert(sizeof(void*) != 8 || sizeof(Host) == 48);

    bool empty() const noexcept { return hosts_.empty(); }
    /// `hash`: of the name, the same in all calls. Null if there is no such host.
    const Host* find(std::uint64_t hash, std::string_view name) const noexcept {
        for (const Host& host : hosts_) {
            if (host.tag == tag_of(hash) && host.name.view() == name) {
                return &host;
            }
        }
        return nullptr;
    }
    /// Adds or replaces the host.
    void put(std::uint64_t hash, std::string_view name, const login::TokenId& owner,
             IntrusivePtr<const RemoteTarget> target);
    /// The target that a host here has already, or a new one. `offline_since` counts only without `service`.
    IntrusivePtr<const RemoteTarget> target(const std::shared_ptr<HttpService>& service, TimePoint offline_since) const;
    /// Does nothing if there is no such host.
    void erase(std::uint64_t hash, std::string_view name) noexcept;

private:
    /// The bits that differ among the hosts of a leaf: the lower ones have led to it.
    static std::uint8_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint8_t>(hash >> 16U); }

    std::vector<Host> hosts_;
};

}  // namespace ferrotunnel::directory
