#include "directory/remote_leaf.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::directory {

void RemoteLeaf::put(std::uint64_t hash, std::string_view name, const login::TokenId& owner,
                     IntrusivePtr<const RemoteTarget> target) {
    Host host{std::move(target), owner, tag_of(hash), Text(name)};
    hosts_.reserve(hosts_.size() + 1);  // no more: there are thousands of leaves
    erase(hash, name);
    hosts_.push_back(std::move(host));
}

void RemoteLeaf::erase(std::uint64_t hash, std::string_view name) noexcept {
    const auto at = std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& host) {
        return host.tag == tag_of(hash) && host.name.view() == name;
    });
    if (at != hosts_.end()) {
        std::swap(*at, hosts_.back());
        hosts_.pop_back();
    }
}

IntrusivePtr<const RemoteTarget> RemoteLeaf::target(const std::shared_ptr<HttpService>& service,
                                                    TimePoint offline_since) const {
    for (const Host& host : hosts_) {
        if (host.target->is(service, offline_since)) {
            return host.target;
        }
    }
    return make_intrusive<RemoteTarget>(service, offline_since);
}

}  // namespace ferrotunnel::directory
