#include "session/named_services.hpp"

#include <algorithm>
#include <iterator>

#include "http/characters.hpp"

namespace ferrotunnel::session {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), http::lower_case);
    return result;
}

bool is_found(wire::ServiceKind kind) noexcept {
    return kind == wire::ServiceKind::tcp || kind == wire::ServiceKind::private_tcp;
}

}  // namespace

std::unique_ptr<NamedServices::Place> NamedServices::add(const login::TokenId& token, const std::string& client_name,
                                                         const NamedCarrier& carrier) {
    if (!is_found(carrier.kind)) {
        return nullptr;
    }
    std::vector<std::string> names{lower(carrier.name)};
    if (!client_name.empty()) {
        names.push_back(names.front() + '.' + lower(client_name));
    }
    auto place = std::make_unique<Place>(shared_from_this());
    place->entries_.reserve(names.size());
    for (std::string& name : names) {
        std::list<NamedCarrier> one{carrier};
        const std::lock_guard lock(mutex_);
        const auto key = services_.try_emplace({token, std::move(name)}).first;
        key->second.splice(key->second.end(), one);
        place->entries_.push_back({key, std::prev(key->second.end())});
    }
    return place;
}

void NamedServices::remove(const std::vector<Entry>& entries) noexcept {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries) {
        entry.key->second.erase(entry.carrier);
        if (entry.key->second.empty()) {
            services_.erase(entry.key);
        }
    }
}

std::vector<NamedCarrier> NamedServices::called(const login::TokenId& token, std::string_view name) const {
    const Key key(token, lower(name));
    const std::lock_guard lock(mutex_);
    const auto found = services_.find(key);
    return found != services_.end() ? std::vector<NamedCarrier>(found->second.begin(), found->second.end())
                                    : std::vector<NamedCarrier>();
}

}  // namespace ferrotunnel::session
