#include "session/named_services.hpp"

#include <algorithm>

namespace ferrotunnel::session {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

bool is_found(wire::ServiceKind kind) noexcept {
    return kind == wire::ServiceKind::tcp || kind == wire::ServiceKind::private_tcp;
}

}  // namespace

void NamedServices::add(const login::TokenId& token, const std::string& client_name, NamedCarrier carrier) {
    if (!is_found(carrier.kind)) {
        return;
    }
    const std::shared_ptr<ServerSession> session = carrier.session.lock();
    const std::string name = lower(carrier.name);
    const std::lock_guard lock(mutex_);
    if (!client_name.empty()) {
        services_[{token, name + '.' + lower(client_name)}].push_back({session.get(), carrier});
    }
    services_[{token, name}].push_back({session.get(), std::move(carrier)});
}

void NamedServices::remove(const login::TokenId& token, const std::string& client_name, const std::string& name,
                           const ServerSession& session, std::uint32_t service) noexcept {
    const std::lock_guard lock(mutex_);
    const auto remove_from = [&](const std::string& key) {
        const auto found = services_.find({token, key});
        if (found == services_.end()) {
            return;
        }
        std::erase_if(found->second, [&](const Entry& entry) {
            return entry.session == &session && entry.carrier.service == service;
        });
        if (found->second.empty()) {
            services_.erase(found);
        }
    };
    remove_from(lower(name));
    if (!client_name.empty()) {
        remove_from(lower(name) + '.' + lower(client_name));
    }
}

std::vector<NamedCarrier> NamedServices::called(const login::TokenId& token, std::string_view name) const {
    std::vector<NamedCarrier> carriers;
    const Key key(token, lower(name));
    const std::lock_guard lock(mutex_);
    if (const auto found = services_.find(key); found != services_.end()) {
        for (const Entry& entry : found->second) {
            carriers.push_back(entry.carrier);
        }
    }
    return carriers;
}

}  // namespace ferrotunnel::session
